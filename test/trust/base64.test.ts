/** One spelling for the same bytes. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseBase64 } from '../../src/trust/base64.ts';
import { rounds } from '../fuzz.ts';

test.each([['AAEC'], ['AAE='], ['AA=='], ['']])('%j is base64', (text) => {
	expect(parseBase64(text)?.toString('base64')).toBe(text);
});

test.each(['A', 'AA', 'AAE', 'AA=', 'AB==', 'AAF=', 'AA==A', 'A A=', 'AAEC\n', '-_-_', 'AAEC=', '====', 'é'])(
	'%j is not',
	(text) => {
		expect(parseBase64(text)).toBeUndefined();
	},
);

test('what it takes is what it was made of', () => {
	fc.assert(
		fc.property(fc.uint8Array(), (bytes) => {
			expect(parseBase64(Buffer.from(bytes).toString('base64'))).toEqual(Buffer.from(bytes));
		}),
		rounds(100),
	);
});
