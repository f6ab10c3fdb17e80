import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { asObject, decodeText, parseJson, parseStrictJson } from '../../../src/model/base/json.ts';
import { rounds } from '../../fuzz.ts';

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

test.each([
	'{"a":',
	"{'a':1}",
	'{"a":1}{"b":2}',
	'v1.2.3',
	'NaN',
	'\0',
	'\uFEFF\uFEFF1',
	'['.repeat(100_000),
])('%.20j is unreadable', (text) => {
	expect(parseJson(text)).toMatchObject({ kind: 'unreadable', why: expect.stringMatching(/./) });
});

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
		rounds(100),
	);
});

test.each([[null], [[]], ['{}'], [1], [undefined], [true]])('%j is no object', (value) => {
	expect(asObject(value)).toBeUndefined();
});

test('an object is an object', () => {
	const value = { a: 1 };
	expect(asObject(value)).toBe(value);
});

describe('to the letter', () => {
	const LIMITS = { bytes: 1000, depth: 3, nodes: 100 };
	const read = (text: string) => parseStrictJson(Buffer.from(text), LIMITS);

	test.each([
		['{"a":{"a":[]},"b":[[1]]}', { a: { a: [] }, b: [[1]] }],
		['[{"a":1},{"a":2}]', [{ a: 1 }, { a: 2 }]],
		['["a","a",":","\\":"]', ['a', 'a', ':', '":']],
		['{"a\\"b":1,"a\\\\":2,"{[":"]}"}', { 'a"b': 1, 'a\\': 2, '{[': ']}' }],
		['{"":1, "é":"\\ud83d\\ude00" }\n', { '': 1, é: '😀' }],
		['{"a":{},"b":{},"c":[],"d":[{"constructo":1}]}', { a: {}, b: {}, c: [], d: [{ constructo: 1 }] }],
		[' null ', null],
	])('%s is taken', (text, value) => {
		expect(read(text)).toEqual({ kind: 'json', value });
	});

	test.each([
		['a key twice', '{"a":1,"b":2,"a":1}', 'its key "a" stands there twice'],
		['a key twice deep down', '[{"a":{"b":1,"b":1}}]', 'its key "b" stands there twice'],
		['a key twice, spelt differently', '{"a":1,"\\u0061" \t\n:2}', 'its key "a" stands there twice'],
		['a key twice around an object', '{"a":{"a":1},"a":2}', 'its key "a" stands there twice'],
		['the empty key twice', '{"":1,"":2}', 'its key "" stands there twice'],
		['__proto__', '{"__proto__":{}}', 'a key in it is __proto__'],
		['__proto__, spelt differently', '{"\\u005f_proto__":{}}', 'a key in it is __proto__'],
		['constructor', '[[{"constructor":1}]]', 'a key in it is constructor'],
		['prototype', '{"prototype":1}', 'a key in it is prototype'],
		['half a character', '{"a":"\\ud83d"}', 'a text in it holds half a character'],
		['half a character in a key', '{"\\ude00":1}', 'a text in it holds half a character'],
		['objects too deep', '{"a":{"a":{"a":{}}}}', 'it is nested more than 3 deep'],
		['lists too deep', '[[[[]]]]', 'it is nested more than 3 deep'],
		['too many objects', `[${Array(100).fill('{}').join()}]`, 'it holds more than 100 objects and lists'],
		['a byte order mark', '\uFEFF{}', 'it begins with a byte order mark'],
		['too much', `"${'a'.repeat(999)}"`, 'it holds 1001 bytes, more than 1000'],
		['nothing', '', 'it is empty'],
		['more behind it', '{}{}', 'JSON'],
		['a comment', '{}//', 'JSON'],
		['a comma too many', '{"a":1,}', 'JSON'],
		['an end too many', '{}]', 'JSON'],
		['an end too few', '{"a":[1}', 'JSON'],
		['a text without its end', '{"a', 'JSON'],
		['a text that ends in a backslash', '{"a\\', 'JSON'],
		['an escape that is none', '{"\\x":1}', 'JSON'],
		['a line in a text', '{"a":"\n"}', 'JSON'],
	])('%s is not', (_what, text, why) => {
		expect(read(text)).toEqual({ kind: 'unreadable', why: expect.stringContaining(why) });
	});

	test('what is not UTF-8 is not', () => {
		expect(parseStrictJson(bytes(0x22, 0xff, 0x22), LIMITS)).toEqual({
			kind: 'unreadable',
			why: 'it is not UTF-8',
		});
	});

	test('however deep, it is a refusal and no crash', () => {
		const limits = { bytes: 1e8, depth: 16, nodes: 1e9 };
		expect(parseStrictJson(Buffer.from('[{"a":'.repeat(1_000_000)), limits).kind).toBe('unreadable');
	});

	test('of what JSON.stringify writes it takes all but the keys it refuses, and changes nothing', () => {
		fc.assert(
			fc.property(
				fc.jsonValue({ maxDepth: 5, stringUnit: 'grapheme' }),
				fc.constantFrom(undefined, 1, '\t'),
				(value, space) => {
					const text = JSON.stringify(value, undefined, space);
					const result = parseStrictJson(Buffer.from(text), { bytes: 1e6, depth: 20, nodes: 1e6 });
					expect(result).toEqual(
						/"(__proto__|constructor|prototype)":/.test(text)
							? expect.anything()
							: { kind: 'json', value: JSON.parse(text) },
					);
				},
			),
			rounds(500),
		);
	});

	test('whatever bytes come, what it takes is what JSON.parse makes of them', () => {
		const piece = fc.constantFrom(
			'{',
			'}',
			'[',
			']',
			'"',
			'"a"',
			'"b"',
			':',
			',',
			'1',
			' ',
			'\\',
			'\\u0061',
			'\uFEFF',
			'null',
		);
		fc.assert(
			fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
				const text = pieces.join('');
				const result = parseStrictJson(Buffer.from(text), LIMITS);
				if (result.kind === 'json') expect(result.value).toEqual(JSON.parse(text));
			}),
			rounds(3000),
		);
	});
});
