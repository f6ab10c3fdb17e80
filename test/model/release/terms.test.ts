import { expect, test } from 'vitest';
import { DEFAULT_TERMS } from '../../../src/model/release/terms.ts';
import { parseReleaseTerms } from '../../../src/model/release/terms-file.ts';

const read = (text: string) => parseReleaseTerms(Buffer.from(text));

test('an empty object asks for nothing', () => {
	expect(read('{}')).toEqual(DEFAULT_TERMS);
});

test('what is declared is taken', () => {
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

test('it survives the journal, which is JSON', () => {
	const terms = read('{"probes": [{"name": "web", "command": ["true"]}], "minimumSafeVersion": "1.2.0"}');
	expect(JSON.parse(JSON.stringify(terms))).toEqual(terms);
});

test.each([
	['nothing', '', 'it is empty'],
	['half an object', '{"reboot": ', 'JSON'],
	['a list', '[]', 'it is not an object'],
	['null', 'null', 'it is not an object'],
	['a key of the future', '{"rebot": "after-01"}', 'rebot: is no key of this file'],
	['a key of every object', '{"toString": 1}', 'toString: is no key'],
	['a reboot at another time', '{"reboot": "after-02"}', 'reboot: is not "never" or "after-01"'],
	['a reboot that is true', '{"reboot": true}', 'reboot: is not'],
	['null for a default', '{"reboot": null}', 'reboot: is not'],
	['probes that are no list', '{"probes": {}}', 'probes.the file'],
	['a probe without a name', '{"probes": [{"command": ["true"]}]}', 'probes.0.name'],
	[
		'a probe with a key of the future',
		'{"probes": [{"name": "a", "command": ["true"], "retries": 3}]}',
		'retries',
	],
	[
		'a probe without an end',
		'{"probes": [{"name": "a", "command": ["true"], "deadline": "0s"}]}',
		'probes.0.deadline',
	],
	[
		'more probes than a box should ask',
		JSON.stringify({ probes: Array(21).fill({ name: 'a', command: ['true'] }) }),
		'probes.',
	],
	['a range for a version', '{"minimumSafeVersion": ">=1.0.0"}', 'minimumSafeVersion: is not a version'],
	['a number for a version', '{"minimumSafeVersion": 1}', 'minimumSafeVersion: is not a version'],
	['a data version below 0', '{"dataVersion": -1}', 'dataVersion: is not a whole number'],
	['a broken data version', '{"dataVersion": 1.5}', 'dataVersion: is not a whole number'],
	['a text for a data version', '{"dataVersion": "1"}', 'dataVersion: is not a whole number'],
	[
		'a data version beyond counting',
		'{"dataVersion": 9007199254740993}',
		'dataVersion: is not a whole number',
	],
	['more than 64 KB', `{"reboot": "never"${' '.repeat(64 * 1024)}}`, 'more than 65536 bytes'],
] as const)('%s refuses the release', (_what, text, why) => {
	expect(() => read(text)).toThrow(
		expect.objectContaining({
			record: expect.objectContaining({ code: 'terms-unreadable', message: expect.stringContaining(why) }),
		}),
	);
});

test('all that is wrong is named', () => {
	expect(() => read('{"reboot": 1, "dataVersion": "x", "more": 1}')).toThrow(
		expect.objectContaining({
			record: expect.objectContaining({ facts: { why: expect.toSatisfy((why) => why.length === 3) } }),
		}),
	);
});

test('bytes that are not UTF-8 refuse the release', () => {
	expect(() => parseReleaseTerms(Buffer.from([0x7b, 0xff, 0x7d]))).toThrow('it is not UTF-8');
});
