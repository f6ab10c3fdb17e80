import { expect, test } from 'vitest';
import { Pace } from '../../../src/unprivileged/fetcher/pace.ts';

const LIMITS = { connect: 1, answer: 1, idle: 1, rate: 1000, window: 10_000 };

test('a window is judged when it is over, by the time that was waited in it', () => {
	const pace = new Pace(LIMITS);
	expect(pace.isTooSlow(9_999, 0)).toBe(false);
	expect(pace.isTooSlow(1, 10_000)).toBe(false);
	expect(pace.isTooSlow(20_000, 20_000)).toBe(false);
	expect(pace.isTooSlow(10_000, 9_999)).toBe(true);
});

test('what came fast before does not make up for later', () => {
	const pace = new Pace(LIMITS);
	expect(pace.isTooSlow(10_000, 1_000_000_000)).toBe(false);
	for (let second = 1; second < 10; second += 1) expect(pace.isTooSlow(1000, 1)).toBe(false);
	expect(pace.isTooSlow(1000, 1)).toBe(true);
});
