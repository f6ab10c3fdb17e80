import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Problem } from '../../../src/model/base/error.ts';
import { readRequest } from '../../../src/model/signal/requested-release.ts';
import { parseStatus, type ReadStatus } from '../../../src/model/status/status.ts';
import { rounds } from '../../fuzz.ts';

function statusWith(updateTo: string | undefined): ReadStatus {
	return { state: 'success', progress: 100, description: '', updateTo, raw: {} };
}

/** Parses the text of an update-status.json. */
function statusIn(text: string): ReadStatus | undefined {
	const parsed = parseStatus(new TextEncoder().encode(text));
	return parsed.kind === 'status' ? parsed.status : undefined;
}

const next = { kind: 'next' };
const tag = (name: string) => ({ kind: 'tag', tag: name });

test.each([
	['an empty payload', ''],
	['white space', ' \n'],
	['the payload of older managers', 'true'],
	['false', 'false'],
	['null', 'null'],
	['a number', '1'],
	['an empty string', '""'],
	['an empty object', '{}'],
	['an object without a request', '{"by":"me"}'],
	['an object with another key', '{"version":"v9.9.9"}'],
	['a null request', '{"updateTo":null}'],
	['an empty request', '{"updateTo":""}'],
])('reads %s as no particular release', (_what, payload) => {
	expect(readRequest(payload, undefined)).toEqual(next);
	expect(readRequest(payload, statusWith(undefined))).toEqual(next);
	expect(readRequest(payload, statusWith(''))).toEqual(next);
	expect(readRequest(payload, statusWith('v2.0.0'))).toEqual(tag('v2.0.0'));
});

test.each([
	['an object', '{"updateTo":"v1.2.3"}', 'v1.2.3'],
	['an object with more keys', '{"id":7,"updateTo":"v1.2.3"}\n', 'v1.2.3'],
	['a JSON string', '"v1.2.3"', 'v1.2.3'],
	['a bare tag', 'v1.2.3', 'v1.2.3'],
	['a bare tag with a newline', 'v1.2.3\n', 'v1.2.3'],
	['a bare tag without v', '0.5.4', '0.5.4'],
	['a byte order mark', '\uFEFF{"updateTo":"v1.2.3"}', 'v1.2.3'],
])('reads a tag from %s and prefers it to the status', (_what, payload, name) => {
	expect(readRequest(payload, undefined)).toEqual(tag(name));
	expect(readRequest(payload, statusWith('v9.9.9'))).toEqual(tag(name));
	expect(readRequest(payload, statusWith('../x'))).toEqual(tag(name));
});

const WRONG = [
	'../x',
	'/etc/passwd',
	'v1',
	'v1.1',
	'main',
	'refs/tags/v1.2.3',
	'a'.repeat(40),
	'--upload-pack=x',
	'-v1.2.3',
	'v1.2.3"',
	"v1.2.3'",
	'v1.2.3; touch /tmp/x',
	'v1.2.3 --force',
	'v1.2.3 ',
	'v1.2.3\nv2.0.0',
	'v1.2.3\u0000',
	'null',
	'x'.repeat(300),
	`v1.2.${'0'.repeat(300)}`,
];

function requestOf(payload: string, status: ReadStatus | undefined): unknown {
	try {
		return readRequest(payload, status);
	} catch (thrown) {
		return thrown;
	}
}

function expectRefusal(outcome: unknown): void {
	expect(outcome).toBeInstanceOf(Problem);
	const message = expect.stringMatching(/^cannot update to ".*": it is not the tag of a release$/);
	expect(outcome).toMatchObject({
		record: { code: 'wish-unreadable', message, hint: expect.stringMatching(/./) },
	});
}

test.each(WRONG)('rejects %.20j in the payload and in the status', (text) => {
	expectRefusal(requestOf(JSON.stringify({ updateTo: text }), undefined));
	expectRefusal(requestOf(JSON.stringify(text), undefined));
	expectRefusal(requestOf('', statusWith(text)));
	expectRefusal(requestOf('true', statusWith(text)));
	expectRefusal(
		requestOf(
			'true',
			statusIn(JSON.stringify({ state: 'success', progress: 100, description: '', updateTo: text })),
		),
	);
});

test.each(['null', '""', '["v9.9.9"]', '110', '{"tag":"v9.9.9"}', 'true'])(
	'reads updateTo %s in the status as no request',
	(updateTo) => {
		expect(readRequest('true', statusIn(`{"state":"success","updateTo":${updateTo}}`))).toEqual(next);
	},
);

test('ignores a request in __proto__', () => {
	expect(readRequest('{"__proto__": {"updateTo": "v2.0.0"}}', undefined)).toEqual(next);
	expect(readRequest('{"__proto__": {"updateTo": "v2.0.0"}, "updateTo": "v9.9.9"}', undefined)).toEqual(
		tag('v9.9.9'),
	);
});

test.each([
	'../x',
	'--upload-pack=x',
	'v1',
	'v1.2.3 --force',
	'{"updateTo":',
	'{"updateTo":"v1.2.3"',
	'{"updateTo":"v1.2.3"} v2.0.0',
	'{"updateTo":false}',
	'["v1.2.3"]',
	'[]',
	'{"updateTo":["v1.2.3"]}',
	'{"updateTo":5}',
	'{"updateTo":{}}',
	'{"updateTo":true}',
])('rejects the payload %j, whatever the status contains', (payload) => {
	expectRefusal(requestOf(payload, undefined));
	expectRefusal(requestOf(payload, statusWith('v1.2.3')));
});

test('shortens a long payload in the message', () => {
	const outcome = requestOf('x'.repeat(60_000), undefined);
	expectRefusal(outcome);
	expect((outcome as Problem).message.length).toBeLessThan(200);
});

test('returns a request or a coded error for arbitrary input', () => {
	const payload = fc.oneof(
		fc.string({ unit: 'binary' }),
		fc.json(),
		fc.json().map((value) => `{"updateTo":${value}}`),
	);
	fc.assert(
		fc.property(payload, fc.option(fc.string(), { nil: undefined }), (text, updateTo) => {
			const outcome = requestOf(text, statusWith(updateTo));
			if (outcome instanceof Error) expectRefusal(outcome);
			else expect(['next', 'tag']).toContain((outcome as { kind: string }).kind);
		}),
		rounds(1000),
	);
});
