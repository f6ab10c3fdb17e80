/** Each byte sequence has exactly one accepted encoding. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseBase64 } from '../../src/trust/base64.ts';
import { rounds } from '../fuzz.ts';

test.each([['AAEC'], ['AAE='], ['AA=='], ['']])('accepts %j', (text) => {
	expect(parseBase64(text)?.toString('base64')).toBe(text);
});

test.each(['A', 'AA', 'AAE', 'AA=', 'AB==', 'AAF=', 'AA==A', 'A A=', 'AAEC\n', '-_-_', 'AAEC=', '====', 'é'])(
	'rejects %j',
	(text) => {
		expect(parseBase64(text)).toBeUndefined();
	},
);

test('decodes what Buffer encodes', () => {
	fc.assert(
		fc.property(fc.uint8Array(), (bytes) => {
			expect(parseBase64(Buffer.from(bytes).toString('base64'))).toEqual(Buffer.from(bytes));
		}),
		rounds(100),
	);
});
