import { expect, test } from 'vitest';
import { clockSenseAt, EARLIEST_TIME } from '../../../src/model/base/earliest-time.ts';

const DAY = 86_400_000;

test('the earliest time is in the past', () => {
	expect(EARLIEST_TIME).toBeLessThan(Date.now());
});

test.each([
	[0, 0, 'not-set'],
	[EARLIEST_TIME - 1, 0, 'not-set'],
	[EARLIEST_TIME, 0, 'set'],
	[EARLIEST_TIME + 10 * DAY, EARLIEST_TIME + 10.5 * DAY, 'set'],
	[EARLIEST_TIME + 10 * DAY, EARLIEST_TIME + 12 * DAY, 'not-set'],
	[EARLIEST_TIME + 900 * DAY, EARLIEST_TIME + 12 * DAY, 'set'],
])('judges a clock at %s, with the latest known time %s, as %s', (now, seen, sense) => {
	expect(clockSenseAt(now, seen)).toBe(sense);
});
