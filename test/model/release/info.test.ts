import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { INFO_MAX_BYTES, parseInfo } from '../../../src/model/release/info.ts';

const encode = (text: string) => new TextEncoder().encode(text);
const read = (value: unknown) =>
	parseInfo(encode(typeof value === 'string' ? value : JSON.stringify(value)), 'v1.2.3');

/** In the form that real releases use. */
const plain = { version: '0.4.18', name: 'Umbrel v0.4.18', requires: '>=0.2.1', notes: 'One.\nTwo.' };

function refusal(bytes: Uint8Array): unknown {
	try {
		return parseInfo(bytes, 'v1.2.3');
	} catch (thrown) {
		return thrown;
	}
}

test('reads a real file', () => {
	expect(read(plain)).toEqual({ ...plain, raw: plain });
});

test.each([
	['a byte order mark', `\uFEFF${JSON.stringify(plain)}`],
	['a trailing newline', `${JSON.stringify(plain, null, 4)}\n`],
	['Windows line ends', `${JSON.stringify(plain, null, 2).replaceAll('\n', '\r\n')}\r\n`],
])('tolerates %s', (_what, text) => {
	expect(read(text).raw).toEqual(plain);
});

test('keeps unknown keys with their order and values', () => {
	const text =
		'{"NOTE":"first","version":"0.0.8","isQuickUpdate":false,"requires":"*","build":"abc","name":"","forceUpdate":true,"notes":""}';
	expect(JSON.stringify(read(text).raw)).toBe(text);
});

test.each([
	['no notes', { version: '1.0.0', requires: '*' }, { name: '', notes: '' }],
	['notes of another type', { ...plain, notes: ['a'], name: 5 }, { name: '', notes: '' }],
	['an empty requires', { ...plain, requires: '' }, { requires: '' }],
	['a version with a v', { ...plain, version: 'v0.4.18' }, { version: '0.4.18' }],
])('accepts %s', (_what, value, expected) => {
	expect(read(value)).toMatchObject(expected);
});

describe('rejects, with the reason in the message,', () => {
	test.each([
		['an empty file', '', 'it is empty'],
		['a truncated file', JSON.stringify(plain).slice(0, 40), 'JSON'],
		['an array', '[]', 'it is not an object'],
		['null', 'null', 'it is not an object'],
		['a string', '"0.4.18"', 'it is not an object'],
		['an HTML page', '<html>404: Not Found</html>', 'JSON'],
		['no version', JSON.stringify({ ...plain, version: undefined }), 'its version null is not a version'],
		[
			'a version that is a number',
			JSON.stringify({ ...plain, version: 1 }),
			'its version 1 is not a version',
		],
		[
			'an invalid version',
			JSON.stringify({ ...plain, version: '../x' }),
			'its version "../x" is not a version',
		],
		['no requires', JSON.stringify({ ...plain, requires: undefined }), 'its requires null is not a range'],
		[
			'a requires that is null',
			JSON.stringify({ ...plain, requires: null }),
			'its requires null is not a range',
		],
		[
			'an invalid requires',
			JSON.stringify({ ...plain, requires: 'old ones' }),
			'its requires "old ones" is not a range',
		],
	])('%s', (_what, text, why) => {
		const message = expect.stringMatching(/^cannot read info\.json of v1\.2\.3: /);
		const record = {
			code: 'info-unreadable',
			message,
			hint: expect.stringContaining('requires'),
			facts: { where: 'v1.2.3' },
		};
		const thrown = refusal(encode(text));
		expect(thrown).toMatchObject({ record });
		expect(String(thrown)).toContain(why);
	});

	test('bytes that are not UTF-8', () => {
		expect(String(refusal(Uint8Array.from([0x7b, 0xff, 0x7d])))).toContain('it is not UTF-8');
	});

	test('a file that is too large', () => {
		const large = { ...plain, notes: 'x'.repeat(INFO_MAX_BYTES) };
		expect(String(refusal(encode(JSON.stringify(large))))).toContain(`more than ${INFO_MAX_BYTES}`);
		expect(read({ ...plain, notes: 'x'.repeat(INFO_MAX_BYTES - 1000) }).version).toBe('0.4.18');
	});
});

test.each(['umbrel', 'citadel'])('reads every real info.json of %s', (repo) => {
	const table = readFileSync(new URL(`../../fixtures/releases/${repo}.json`, import.meta.url), 'utf8');
	const releases = JSON.parse(table) as { info: Record<string, unknown> | null }[];
	const infos = releases.map(({ info }) => info).filter((info) => info !== null);
	expect(infos.length).toBeGreaterThan(90);
	for (const info of infos)
		expect(read(info)).toMatchObject({ version: info['version'], requires: info['requires'] });
});
