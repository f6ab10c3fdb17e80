import { expect, test } from 'vitest';
import { Pace } from '../../../src/unprivileged/fetcher/pace.ts';

const LIMITS = { connect: 1, answer: 1, idle: 1, rate: 1000, window: 10_000 };

test('judges a window at its end, by the time spent waiting', () => {
	const pace = new Pace(LIMITS);
	expect(pace.isTooSlow(9_999, 0)).toBe(false);
	expect(pace.isTooSlow(1, 10_000)).toBe(false);
	expect(pace.isTooSlow(20_000, 20_000)).toBe(false);
	expect(pace.isTooSlow(10_000, 9_999)).toBe(true);
});

test('does not offset a slow window with an earlier fast one', () => {
	const pace = new Pace(LIMITS);
	expect(pace.isTooSlow(10_000, 1_000_000_000)).toBe(false);
	for (let second = 1; second < 10; second += 1) expect(pace.isTooSlow(1000, 1)).toBe(false);
	expect(pace.isTooSlow(1000, 1)).toBe(true);
});
