import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { asObject, decodeText, parseJson, parseStrictJson } from '../../../src/model/base/json.ts';
import { rounds } from '../../fuzz.ts';

const bytes = (...values: number[]) => Uint8Array.from(values);

test('decodes UTF-8 with and without a byte order mark', () => {
	expect(decodeText(new TextEncoder().encode('é'))).toBe('é');
	expect(decodeText(bytes(0xef, 0xbb, 0xbf, 0x61))).toBe('a');
	expect(decodeText(bytes())).toBe('');
});

test.each([
	['a stray byte', bytes(0x61, 0xff)],
	['Latin-1', bytes(0xe9)],
	['a truncated character', bytes(0xe2, 0x82)],
	['a surrogate', bytes(0xed, 0xa0, 0x80)],
	['an overlong slash', bytes(0xc0, 0xaf)],
])('rejects %s and decodes the next input correctly', (_what, wrong) => {
	expect(decodeText(wrong)).toBeUndefined();
	expect(decodeText(bytes(0x61))).toBe('a');
});

test.each([
	['{"a":1}', { a: 1 }],
	['\uFEFF{"a":1}\r\n', { a: 1 }],
	['  null ', null],
	['"v1.2.3"', 'v1.2.3'],
	['true', true],
])('parses %j', (text, value) => {
	expect(parseJson(text)).toEqual({ kind: 'json', value });
});

test.each([
	['', 'it is empty'],
	[' \n', 'it is empty'],
	['\uFEFF', 'it is empty'],
])('reports %j as empty', (text, why) => {
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
])('rejects %.20j', (text) => {
	expect(parseJson(text)).toMatchObject({ kind: 'unreadable', why: expect.stringMatching(/./) });
});

test('rejects deep nesting without a crash', () => {
	const depth = 32_000;
	expect(parseJson(`${'['.repeat(depth)}${']'.repeat(depth)}`).kind).toBe('unreadable');
});

test('drops __proto__ at every depth', () => {
	const parsed = parseJson('{"__proto__":{"admin":true},"a":{"__proto__":1,"b":2}}');
	expect(parsed).toEqual({ kind: 'json', value: { a: { b: 2 } } });
	expect(Object.getPrototypeOf(parsed.kind === 'json' ? parsed.value : null)).toBe(Object.prototype);
});

test('returns a value or a reason for arbitrary text', () => {
	fc.assert(
		fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), (text) => {
			expect(['json', 'unreadable']).toContain(parseJson(text).kind);
		}),
		rounds(100),
	);
});

test.each([[null], [[]], ['{}'], [1], [undefined], [true]])('asObject rejects %j', (value) => {
	expect(asObject(value)).toBeUndefined();
});

test('asObject returns an object unchanged', () => {
	const value = { a: 1 };
	expect(asObject(value)).toBe(value);
});

describe('strict JSON', () => {
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
	])('accepts %s', (text, value) => {
		expect(read(text)).toEqual({ kind: 'json', value });
	});

	test.each([
		['a duplicate key', '{"a":1,"b":2,"a":1}', 'its key "a" occurs twice'],
		['a nested duplicate key', '[{"a":{"b":1,"b":1}}]', 'its key "b" occurs twice'],
		['a duplicate key with an escape', '{"a":1,"\\u0061" \t\n:2}', 'its key "a" occurs twice'],
		['a duplicate key around an object', '{"a":{"a":1},"a":2}', 'its key "a" occurs twice'],
		['a duplicate empty key', '{"":1,"":2}', 'its key "" occurs twice'],
		['__proto__', '{"__proto__":{}}', 'it has the key __proto__'],
		['__proto__ with an escape', '{"\\u005f_proto__":{}}', 'it has the key __proto__'],
		['constructor', '[[{"constructor":1}]]', 'it has the key constructor'],
		['prototype', '{"prototype":1}', 'it has the key prototype'],
		['a lone surrogate', '{"a":"\\ud83d"}', 'a string in it has a lone surrogate'],
		['a lone surrogate in a key', '{"\\ude00":1}', 'a string in it has a lone surrogate'],
		['objects nested too deeply', '{"a":{"a":{"a":{}}}}', 'it is nested deeper than 3'],
		['arrays nested too deeply', '[[[[]]]]', 'it is nested deeper than 3'],
		['too many objects', `[${Array(100).fill('{}').join()}]`, 'it contains more than 100 objects and arrays'],
		['a byte order mark', '\uFEFF{}', 'it begins with a byte order mark'],
		['too many bytes', `"${'a'.repeat(999)}"`, 'it has 1001 bytes, more than 1000'],
		['an empty text', '', 'it is empty'],
		['a second document', '{}{}', 'JSON'],
		['a comment', '{}//', 'JSON'],
		['a trailing comma', '{"a":1,}', 'JSON'],
		['a surplus bracket', '{}]', 'JSON'],
		['a missing bracket', '{"a":[1}', 'JSON'],
		['an unterminated string', '{"a', 'JSON'],
		['a string that ends in a backslash', '{"a\\', 'JSON'],
		['an invalid escape', '{"\\x":1}', 'JSON'],
		['a line end in a string', '{"a":"\n"}', 'JSON'],
	])('rejects %s', (_what, text, why) => {
		expect(read(text)).toEqual({ kind: 'unreadable', why: expect.stringContaining(why) });
	});

	test('rejects bytes that are not UTF-8', () => {
		expect(parseStrictJson(bytes(0x22, 0xff, 0x22), LIMITS)).toEqual({
			kind: 'unreadable',
			why: 'it is not UTF-8',
		});
	});

	test('rejects any depth without a crash', () => {
		const limits = { bytes: 1e8, depth: 16, nodes: 1e9 };
		expect(parseStrictJson(Buffer.from('[{"a":'.repeat(1_000_000)), limits).kind).toBe('unreadable');
	});

	test('accepts what JSON.stringify writes unchanged, except forbidden keys', () => {
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

	test('agrees with JSON.parse on everything that it accepts', () => {
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
