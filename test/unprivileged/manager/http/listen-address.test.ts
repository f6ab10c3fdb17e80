/** Which addresses the manager accepts, and which only when told to. */
import { expect, test } from 'vitest';
import {
	addressText,
	type ListenAddress,
	type Protection,
	parseListenAddress,
	requireLocal,
} from '../../../../src/unprivileged/manager/http/listen-address.ts';

test.each<[string, ListenAddress]>([
	['127.0.0.1:3006', { kind: 'tcp', host: '127.0.0.1', port: 3006 }],
	['localhost:0', { kind: 'tcp', host: '127.0.0.1', port: 0 }],
	[':3006', { kind: 'tcp', host: '127.0.0.1', port: 3006 }],
	['[::1]:80', { kind: 'tcp', host: '::1', port: 80 }],
	['0.0.0.0:80', { kind: 'tcp', host: '0.0.0.0', port: 80 }],
	['box.local:65535', { kind: 'tcp', host: 'box.local', port: 65_535 }],
	['unix:/run/signalbox.sock', { kind: 'unix', path: '/run/signalbox.sock' }],
	['unix:manager.sock', { kind: 'unix', path: 'manager.sock' }],
])('%s is an address', (text, address) => {
	expect(parseListenAddress(text)).toEqual(address);
});

test.each([
	'',
	'3006',
	'127.0.0.1',
	'127.0.0.1:',
	'127.0.0.1:65536',
	'127.0.0.1:-1',
	'::1:80',
	'[::1]',
	'[nonsense]:80',
	'http://127.0.0.1:80',
	'unix:',
	`unix:/${'x'.repeat(107)}`,
	'a b:80',
])('rejects %j', (text) => {
	expect(() => parseListenAddress(text)).toThrow(
		expect.objectContaining({ record: expect.objectContaining({ code: 'usage' }) }),
	);
});

test.each<[string, Protection, 'taken' | 'refused']>([
	['127.0.0.1:80', 'local-only', 'taken'],
	['127.255.0.9:80', 'local-only', 'taken'],
	['[::1]:80', 'local-only', 'taken'],
	['[0:0:0:0:0:0:0:1]:80', 'local-only', 'taken'],
	['unix:/run/x', 'local-only', 'taken'],
	['0.0.0.0:80', 'local-only', 'refused'],
	['[::]:80', 'local-only', 'refused'],
	['[::ffff:192.168.1.2]:80', 'local-only', 'refused'],
	['192.168.1.2:80', 'local-only', 'refused'],
	['box.local:80', 'local-only', 'refused'],
	['127.0.0.1.evil.example:80', 'local-only', 'refused'],
	['0.0.0.0:80', 'unprotected', 'taken'],
])('%s, %s: %s', (text, protection, expected) => {
	const address = parseListenAddress(text);
	const attempt = () => requireLocal(address, protection);
	if (expected === 'taken') expect(attempt).not.toThrow();
	else
		expect(attempt).toThrow(
			expect.objectContaining({ record: expect.objectContaining({ code: 'config-unsafe' }) }),
		);
});

test('prints addresses as clients take them', () => {
	expect(
		['[::1]:80', '127.0.0.1:81', 'unix:/run/x'].map((text) => addressText(parseListenAddress(text))),
	).toEqual(['http://[::1]:80', 'http://127.0.0.1:81', 'unix:/run/x']);
});
