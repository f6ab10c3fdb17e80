import { expect, test } from 'vitest';
import { parseProbes } from '../../../src/model/config/config.ts';

const read = (table: object) => parseProbes([{ name: 'a', ...table }]);

test.each([
	[{ command: ['true'] }, { kind: 'command', command: ['true'], of: 'release' }],
	[
		{ kind: 'http', url: 'http://127.0.0.1/' },
		{ kind: 'http', url: 'http://127.0.0.1/', status: 200, body: null },
	],
	[
		{ kind: 'http', url: 'https://[::1]:8443/x?y', status: 302, body: 'z' },
		{ kind: 'http', url: 'https://[::1]:8443/x?y', status: 302, body: 'z' },
	],
	[
		{ kind: 'tcp', port: 22 },
		{ kind: 'tcp', host: '127.0.0.1', port: 22 },
	],
	[
		{ kind: 'tcp', host: '::1', port: 22 },
		{ kind: 'tcp', host: '::1', port: 22 },
	],
	[
		{ kind: 'unit', unit: 'getty@tty1.service' },
		{ kind: 'unit', unit: 'getty@tty1.service' },
	],
] as const)('reads %j', (table, question) => {
	const spans = { timeout: 10_000, interval: 2000, deadline: 120_000, soak: 0 };
	expect(read(table)).toEqual({ kind: 'probes', probes: [{ name: 'a', question, ...spans }] });
});

test('converts durations to milliseconds', () => {
	const spans = { timeout: '1s', interval: '5s', deadline: '3m', soak: '10m' };
	expect(read({ kind: 'tcp', port: 1, ...spans })).toMatchObject({
		probes: [{ timeout: 1000, interval: 5000, deadline: 180_000, soak: 600_000 }],
	});
});

test.each([
	[{}, 'needs command'],
	[{ command: [] }, 'command'],
	[{ kind: 'http' }, 'needs url'],
	[{ kind: 'tcp', host: 'a' }, 'needs port'],
	[{ kind: 'unit' }, 'needs unit'],
	[{ kind: 'source' }, 'kind'],
	[{ kind: 'tcp', port: 1, body: 'x' }, 'has no body'],
	[{ kind: 'unit', unit: 'a', command: ['true'] }, 'has no command'],
	[{ kind: 'http', url: 'ftp://example.org/' }, 'url'],
	[{ kind: 'http', url: 'file:///etc/passwd' }, 'url'],
	[{ kind: 'http', url: 'http://me:secret@127.0.0.1/' }, 'url'],
	[{ kind: 'http', url: '127.0.0.1:80' }, 'url'],
	[{ kind: 'http', url: 'http://a/', status: 99 }, 'status'],
	[{ kind: 'tcp', port: 0 }, 'port'],
	[{ kind: 'tcp', port: 65_536 }, 'port'],
	[{ kind: 'tcp', port: 1, host: '-x' }, 'host'],
	[{ kind: 'unit', unit: '--all' }, 'unit'],
	[{ kind: 'unit', unit: 'a b' }, 'unit'],
	[{ kind: 'tcp', port: 1, soak: '0s' }, 'soak'],
	[{ kind: 'tcp', port: 1, retries: 3 }, 'retries'],
])('rejects %j', (table, why) => {
	expect(read(table)).toEqual({ kind: 'refused', why: [expect.stringContaining(why)] });
});
