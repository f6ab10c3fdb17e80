import fc from 'fast-check';
import { expect, test } from 'vitest';
import { makeChangeId, parseChangeId } from '../../../src/model/change/change.ts';
import { rounds } from '../../fuzz.ts';

test('an id says when', () => {
	expect(makeChangeId(Date.UTC(2026, 10, 21, 9, 30, 0, 999), '1a2b')).toBe('20261121-093000-1a2b');
});

test.each([
	['', '0000'],
	['7', '0007'],
	['1a2b3c', '1a2b'],
])('the random digits %j make the end %s', (randomHex, end) => {
	expect(makeChangeId(0, randomHex)).toBe(`19700101-000000-${end}`);
});

test('what is made is read again, and sorts by time', () => {
	const when = fc.nat({ max: Date.UTC(9999, 0) });
	fc.assert(
		fc.property(when, when, fc.nat({ max: 0xffff }), (a, b, randomHex) => {
			const id = makeChangeId(a, randomHex.toString(16));
			expect(parseChangeId(id)).toBe(id);
			if (Math.floor(a / 1000) < Math.floor(b / 1000)) expect(id < makeChangeId(b, '0000')).toBe(true);
		}),
		rounds(100),
	);
});

test.each([
	'',
	'20261121-093000',
	'20261121-093000-1A2B',
	'20261121-093000-1a2b\n',
	'../20261121-093000-1a2b',
	'20261121-093000-1a2b/x',
	null,
	20261121,
])('%j is no id', (value) => {
	expect(parseChangeId(value)).toBeUndefined();
});
