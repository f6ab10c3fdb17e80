import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
	normalDescription,
	normalStatus,
	parseStatus,
	STATUS_AT_REST,
	STATUS_MAX_BYTES,
} from '../../../src/model/status/status.ts';
import { rounds } from '../../fuzz.ts';

const encode = (text: string) => new TextEncoder().encode(text);
const read = (text: string) => parseStatus(encode(text));

function statusOf(text: string) {
	const result = read(text);
	if (result.kind === 'unreadable') throw new Error(result.why);
	return result.status;
}

/** Every shape of the Citadel contract §2.4, as text. */
const WRITTEN: readonly (readonly [string, string])[] = [
	['shipped', '{\n  "state": "success",\n  "progress": 100,\n  "description": "",\n  "updateTo": ""\n}\n'],
	[
		'shipped by C v0.2.6',
		'{"state":"success","progress":100,"description":"Update successful","updateTo":""}',
	],
	['a manager’s start', '{"state":"success","progress":100,"description":"","updateTo":"v0.4.18"}'],
	[
		'no way in, at 1',
		'{"state":"installing","progress":1,"description":"Not compatible with c-lightning","updateTo":"v0.0.5"}',
	],
	...[
		10, 20, 25, 30, 33, 35, 40, 50, 55, 60, 61, 62, 65, 67, 68, 69, 70, 71, 72, 73, 74, 75, 80, 85, 90, 95,
		97, 100,
	].map(
		(progress) =>
			[
				`installing ${progress}`,
				`{"state":"installing","progress":${progress},"description":"Downloading","updateTo":"v1.2.3"}`,
			] as const,
	),
	['03 without updateTo', '{"state": "installing", "progress": 95, "description": "Removing backup"}'],
	['the reboot of 03', '{"state": "installing", "progress": 97, "description": "Rebooting your Umbrel"}'],
	[
		'the oldest, without updateTo anywhere',
		'{"state": "installing", "progress": 20, "description": "Backing up"}',
	],
	['bootstrap, with updateTo empty', '{"state":"installing","progress":25,"description":"","updateTo":""}'],
	[
		'an early success',
		'{"state":"success","progress":90,"description":"Successfully installed Umbrel v0.5.4","updateTo":""}',
	],
	['a success', '{"state":"success","progress":100,"description":"Successfully installed","updateTo":""}'],
	['app-update of C', '{"state":"success","progress":100,"description":"Updated apps","updateTo":"v0.0.3"}'],
	[
		'failed',
		'{"state": "failed", "progress": 100, "description": "An unexpected error occured", "updateTo": ""}',
	],
	[
		'failed for memory, updateTo kept',
		'{"state":"failed","progress":100,"description":"You need 2 GB of RAM","updateTo":"v0.3.0"}',
	],
	[
		'an error said while installing',
		`{"state":"installing","progress":50,"description":"We're sorry, but you tried","updateTo":"v0.5.5"}`,
	],
	[
		'a path release, without v',
		'{"state":"installing","progress":10,"description":"Downloading","updateTo":"0.4.18"}',
	],
	[
		'further keys',
		'{"schema":1,"state":"success","progress":100,"description":"","updateTo":"","change":"x"}',
	],
];

describe('every shape ever written is read', () => {
	test.each(WRITTEN)('%s', (_what, text) => {
		const written = JSON.parse(text) as Record<string, unknown>;
		const status = statusOf(text);
		const { raw, ...keys } = status;
		expect(raw).toEqual(written);
		for (const [key, value] of Object.entries(keys)) expect(value).toBe(written[key]);
	});
});

test.each([
	['an empty object', '{}', {}],
	['wrong types', '{"state":1,"progress":"10","description":null,"updateTo":["v1.2.3"]}', {}],
	['a progress that is no number', '{"state":"installing","progress":1e999}', { state: 'installing' }],
	['null as the wish', '{"updateTo":null}', {}],
])('%s: what is not there is missing', (_what, text, expected) => {
	const { raw: _raw, ...keys } = statusOf(text);
	expect(keys).toEqual({
		state: undefined,
		progress: undefined,
		description: undefined,
		updateTo: undefined,
		...expected,
	});
});

test.each([
	['an empty file', '', 'it is empty'],
	['half a file', '{"state":"installing","prog', 'JSON'],
	['two writers', '{"state":"success"}}', 'JSON'],
	['an array', '[]', 'it is not an object'],
	['a text', '"success"', 'it is not an object'],
	['a large file', `{"description":"${'x'.repeat(STATUS_MAX_BYTES)}"}`, 'more than'],
])('%s is unreadable', (_what, text, why) => {
	expect(read(text)).toEqual({ kind: 'unreadable', why: expect.stringContaining(why) });
});

test('bytes that are not UTF-8 are unreadable', () => {
	expect(parseStatus(Uint8Array.from([0xff, 0xfe]))).toEqual({ kind: 'unreadable', why: 'it is not UTF-8' });
});

test.each([
	['installing', 0, 1],
	['installing', -5, 1],
	['installing', Number.NaN, 1],
	['installing', Number.POSITIVE_INFINITY, 1],
	['installing', 33.4, 33],
	['installing', 99, 99],
	['installing', 100, 99],
	['installing', 1000, 99],
	['success', 0, 100],
	['success', 90, 100],
	['failed', 50, 100],
] as const)('%s at %d is written as %d', (state, progress, expected) => {
	expect(normalStatus(state, progress, '', '')).toMatchObject({ state, progress: expected });
});

test.each([
	['Downloading...', 'Downloading'],
	['Downloading…', 'Downloading'],
	['Done. ', 'Done'],
	['...', ''],
	['v1.2.3 is here', 'v1.2.3 is here'],
	['two\r\nlines\there', 'two lines here'],
	['\u001b[31mred\u001b[0m', '[31mred [0m'],
	['a\u0000\u0085b', 'a b'],
	['x'.repeat(400), 'x'.repeat(300)],
	[`${'x'.repeat(298)}.. and more`, 'x'.repeat(298)],
	[`${'x'.repeat(299)}😀`, 'x'.repeat(299)],
	[`${'x'.repeat(298)}😀`, `${'x'.repeat(298)}😀`],
])('%j is described as %j', (text, expected) => {
	expect(normalDescription(text)).toBe(expected);
});

test('whatever is given, dashboards get what they rely on', () => {
	const state = fc.constantFrom('installing', 'success', 'failed');
	fc.assert(
		fc.property(
			state,
			fc.double(),
			fc.string({ unit: 'binary' }),
			fc.string(),
			(given, progress, description, updateTo) => {
				const status = normalStatus(given, progress, description, updateTo);
				expect(Number.isInteger(status.progress)).toBe(true);
				expect(status.progress).toBeGreaterThanOrEqual(1);
				expect(status.progress === 100).toBe(given !== 'installing');
				expect(status.description).not.toMatch(/[.…\s]$/u);
				expect(status.description.length).toBeLessThanOrEqual(300);
				expect(statusOf(JSON.stringify(status))).toMatchObject(status);
			},
		),
		rounds(100),
	);
});

test('at rest it stands as it is shipped', () => {
	expect(STATUS_AT_REST).toEqual(normalStatus('success', 100, '', ''));
});
