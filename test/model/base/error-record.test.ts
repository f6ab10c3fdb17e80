import { expect, test } from 'vitest';
import { problem } from '../../../src/model/base/error.ts';
import { parseErrorRecord } from '../../../src/model/base/error-record.ts';
import type { Json } from '../../../src/model/base/json.ts';

test('survives a round trip', () => {
	const { record } = problem('disk-full', 'cannot write', 'free some space', {
		retry: 'later',
		facts: { need: 5, here: true, paths: ['a', 'b'] },
	});
	expect(parseErrorRecord(JSON.parse(JSON.stringify(record)) as Json)).toEqual(record);
});

test.each([[undefined], [null], [[]], ['text'], [{}], [{ code: 'busy' }], [{ message: 5 }]])(
	'finds no record in %j',
	(value) => {
		expect(parseErrorRecord(value)).toBeNull();
	},
);

test.each([
	['an unknown code', { code: 'meteor' }, { code: 'internal' }],
	['a key of the object prototype', { code: 'constructor' }, { code: 'internal' }],
	['no code', {}, { code: 'internal' }],
	['no hint', {}, { hint: '' }],
	['another retry', { retry: 'soon' }, { retry: 'never' }],
	['facts that are not an object', { facts: ['a'] }, { facts: {} }],
	[
		'facts of other types',
		{ facts: { a: null, b: { c: 1 }, d: ['x', 5], e: 1 } },
		{ facts: { d: ['x'], e: 1 } },
	],
])('accepts %s', (_what, more, expected) => {
	expect(parseErrorRecord({ message: 'cannot', ...more })).toMatchObject({ message: 'cannot', ...expected });
});
