import { expect, test } from 'vitest';
import { DEFAULT_TERMS } from '../../../src/model/release/terms.ts';
import { parseReleaseTerms } from '../../../src/model/release/terms-file.ts';

const read = (text: string) => parseReleaseTerms(Buffer.from(text));

test('reads an empty object as the default terms', () => {
	expect(read('{}')).toEqual(DEFAULT_TERMS);
});

test('reads every key', () => {
	const text = `\uFEFF{
		"reboot": "after-01",
		"probes": [{"name": "web", "command": ["./web.sh"], "deadline": "5m"}],
		"minimumSafeVersion": "1.2.0",
		"dataVersion": 3
	}`;
	expect(read(text)).toMatchObject({
		reboot: 'after-01',
		probes: [
			{
				name: 'web',
				question: { kind: 'command', command: ['./web.sh'], of: 'release' },
				deadline: 300_000,
				timeout: 10_000,
			},
		],
		minimumSafeVersion: '1.2.0',
		dataVersion: 3,
	});
});

test('survives a round trip through JSON, as in the journal', () => {
	const terms = read('{"probes": [{"name": "web", "command": ["true"]}], "minimumSafeVersion": "1.2.0"}');
	expect(JSON.parse(JSON.stringify(terms))).toEqual(terms);
});

test.each([
	['an empty file', '', 'it is empty'],
	['a truncated file', '{"reboot": ', 'JSON'],
	['a list', '[]', 'it is not an object'],
	['null', 'null', 'it is not an object'],
	['an unknown key', '{"rebot": "after-01"}', 'rebot: is not a key of this file'],
	['a key of the object prototype', '{"toString": 1}', 'toString: is not a key'],
	['a reboot at another time', '{"reboot": "after-02"}', 'reboot: is not "never" or "after-01"'],
	['a boolean reboot', '{"reboot": true}', 'reboot: is not'],
	['null instead of a default', '{"reboot": null}', 'reboot: is not'],
	['probes that are not a list', '{"probes": {}}', 'probes.the file'],
	['a probe without a name', '{"probes": [{"command": ["true"]}]}', 'probes.0.name'],
	[
		'a probe with an unknown key',
		'{"probes": [{"name": "a", "command": ["true"], "retries": 3}]}',
		'retries',
	],
	[
		'a probe with a deadline of 0',
		'{"probes": [{"name": "a", "command": ["true"], "deadline": "0s"}]}',
		'probes.0.deadline',
	],
	[
		'too many probes',
		JSON.stringify({ probes: Array(21).fill({ name: 'a', command: ['true'] }) }),
		'probes.',
	],
	[
		'a range instead of a version',
		'{"minimumSafeVersion": ">=1.0.0"}',
		'minimumSafeVersion: is not a version',
	],
	['a number instead of a version', '{"minimumSafeVersion": 1}', 'minimumSafeVersion: is not a version'],
	['a data version below 0', '{"dataVersion": -1}', 'dataVersion: is not a whole number'],
	['a fractional data version', '{"dataVersion": 1.5}', 'dataVersion: is not a whole number'],
	['a string as data version', '{"dataVersion": "1"}', 'dataVersion: is not a whole number'],
	[
		'a data version above the safe integers',
		'{"dataVersion": 9007199254740993}',
		'dataVersion: is not a whole number',
	],
	['more than 64 KB', `{"reboot": "never"${' '.repeat(64 * 1024)}}`, 'more than 65536 bytes'],
] as const)('rejects %s', (_what, text, why) => {
	expect(() => read(text)).toThrow(
		expect.objectContaining({
			record: expect.objectContaining({ code: 'terms-unreadable', message: expect.stringContaining(why) }),
		}),
	);
});

test('names everything that is wrong', () => {
	expect(() => read('{"reboot": 1, "dataVersion": "x", "more": 1}')).toThrow(
		expect.objectContaining({
			record: expect.objectContaining({ facts: { why: expect.toSatisfy((why) => why.length === 3) } }),
		}),
	);
});

test('rejects bytes that are not UTF-8', () => {
	expect(() => parseReleaseTerms(Buffer.from([0x7b, 0xff, 0x7d]))).toThrow('it is not UTF-8');
});
