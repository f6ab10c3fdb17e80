import fc from 'fast-check';
import { expect, test } from 'vitest';
import { asObject, decodeText, parseJson } from '../../src/model/json.ts';

const bytes = (...values: number[]) => Uint8Array.from(values);

test('text is UTF-8, with or without a byte order mark', () => {
	expect(decodeText(new TextEncoder().encode('é'))).toBe('é');
	expect(decodeText(bytes(0xef, 0xbb, 0xbf, 0x61))).toBe('a');
	expect(decodeText(bytes())).toBe('');
});

test.each([
	['a stray byte', bytes(0x61, 0xff)],
	['Latin-1', bytes(0xe9)],
	['half a character', bytes(0xe2, 0x82)],
	['a surrogate', bytes(0xed, 0xa0, 0x80)],
	['an overlong slash', bytes(0xc0, 0xaf)],
])('%s is no text, and does not spoil the next', (_what, wrong) => {
	expect(decodeText(wrong)).toBeUndefined();
	expect(decodeText(bytes(0x61))).toBe('a');
});

test.each([
	['{"a":1}', { a: 1 }],
	['\uFEFF{"a":1}\r\n', { a: 1 }],
	['  null ', null],
	['"v1.2.3"', 'v1.2.3'],
	['true', true],
])('%j is JSON', (text, value) => {
	expect(parseJson(text)).toEqual({ kind: 'json', value });
});

test.each([
	['', 'it is empty'],
	[' \n', 'it is empty'],
	['\uFEFF', 'it is empty'],
])('%j is empty', (text, why) => {
	expect(parseJson(text)).toEqual({ kind: 'unreadable', why });
});

test.each(['{"a":', "{'a':1}", '{"a":1}{"b":2}', 'v1.2.3', 'NaN', '\0', '\uFEFF\uFEFF1', '['.repeat(100_000)])(
	'%.20j is unreadable',
	(text) => {
		expect(parseJson(text)).toMatchObject({ kind: 'unreadable', why: expect.stringMatching(/./) });
	},
);

test('deep nesting is refused, not a crash', () => {
	const depth = 32_000;
	expect(parseJson(`${'['.repeat(depth)}${']'.repeat(depth)}`).kind).toBe('unreadable');
});

test('__proto__ is dropped at every depth', () => {
	const parsed = parseJson('{"__proto__":{"admin":true},"a":{"__proto__":1,"b":2}}');
	expect(parsed).toEqual({ kind: 'json', value: { a: { b: 2 } } });
	expect(Object.getPrototypeOf(parsed.kind === 'json' ? parsed.value : null)).toBe(Object.prototype);
});

test('whatever text comes, it ends in a value or a reason', () => {
	fc.assert(
		fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), (text) => {
			expect(['json', 'unreadable']).toContain(parseJson(text).kind);
		}),
	);
});

test.each([[null], [[]], ['{}'], [1], [undefined], [true]])('%j is no object', (value) => {
	expect(asObject(value)).toBeUndefined();
});

test('an object is an object', () => {
	const value = { a: 1 };
	expect(asObject(value)).toBe(value);
});
