import { expect, test } from 'vitest';
import { EARLIEST, senseOf } from '../../../src/model/base/earliest-time.ts';

const DAY = 86_400_000;

test('the floor lies behind us', () => {
	expect(EARLIEST).toBeLessThan(Date.now());
});

test.each([
	[0, 0, 'not-set'],
	[EARLIEST - 1, 0, 'not-set'],
	[EARLIEST, 0, 'set'],
	[EARLIEST + 10 * DAY, EARLIEST + 10.5 * DAY, 'set'],
	[EARLIEST + 10 * DAY, EARLIEST + 12 * DAY, 'not-set'],
	[EARLIEST + 900 * DAY, EARLIEST + 12 * DAY, 'set'],
])('a clock that says %s, where %s was seen: %s', (now, seen, sense) => {
	expect(senseOf(now, seen)).toBe(sense);
});
