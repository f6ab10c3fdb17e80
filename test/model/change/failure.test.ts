import { describe, expect, test } from 'vitest';
import { FAILURES_FILE, type Failure } from '../../../src/model/change/failure.ts';
import { parseTag, type Tag } from '../../../src/model/release/tag.ts';
import { parseVersion, type Version } from '../../../src/model/release/version.ts';

const FAILURE: Failure = {
	tag: parseTag('v1.1.0') as Tag,
	version: parseVersion('1.1.0') as Version,
	from: parseVersion('1.0.0') as Version,
	change: '20261121-093000-abcd',
	at: 1_795_000_000_000,
	times: 2,
	retried: 1,
	blame: 'chance',
	cause: { code: 'interrupted', message: 'it was cut off' },
};

const bytes = (text: string) => new TextEncoder().encode(text);

test('what is written is read again', () => {
	expect(FAILURES_FILE.parse(bytes(JSON.stringify({ schema: 1, failures: [FAILURE] })))).toEqual([FAILURE]);
});

test.each(['', '{', 'null', '[]', '{"failures": {}}', '{"schema": 1}', '\u0000'.repeat(100)])(
	'%j holds none',
	(text) => {
		expect(FAILURES_FILE.parse(bytes(text))).toBeUndefined();
	},
);

describe('an entry that makes no sense is left out, and the others stay', () => {
	test.each<[string, unknown]>([
		['a number', 7],
		['no tag', { ...FAILURE, tag: '../x' }],
		['no version', { ...FAILURE, version: 1 }],
		['no release before', { ...FAILURE, from: undefined }],
		['no time', { ...FAILURE, at: 'now' }],
		['a time that no calendar has', { ...FAILURE, at: 1e300 }],
		['a time before 1970', { ...FAILURE, at: -1 }],
	])('%s', (_, entry) => {
		expect(FAILURES_FILE.parse(bytes(JSON.stringify({ failures: [entry, FAILURE] })))).toEqual([FAILURE]);
	});
});

test('counts and words that are missing get the value that costs the least', () => {
	const { tag, version, from, at } = FAILURE;
	expect(
		FAILURES_FILE.parse(bytes(JSON.stringify({ failures: [{ tag, version, from, at, times: -3 }] }))),
	).toMatchObject([{ times: 1, retried: 0, blame: 'release', cause: { code: 'internal', message: '' } }]);
});
