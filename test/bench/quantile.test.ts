import { describe, expect, test } from 'vitest';
import { median, quantile } from '../../bench/measure/quantile.ts';

describe('quantile', () => {
	test.each([
		[[7], 0.95, 7],
		[[1, 2], 0.5, 1.5],
		[[3, 1, 2], 0.5, 2],
		[[1, 2, 3, 4, 5], 0.25, 2],
		[[10, 20, 30, 40], 0.95, 38.5],
		[[5, 1, 9], 0, 1],
		[[5, 1, 9], 1, 9],
	])('of %j at %d is %d', (numbers, share, expected) => {
		expect(quantile(numbers, share)).toBeCloseTo(expected, 10);
	});

	test('sorts by value, not by text, and leaves its input as it was', () => {
		const numbers = [100, 9, 20];
		expect(median(numbers)).toBe(20);
		expect(numbers).toEqual([100, 9, 20]);
	});

	test('of nothing, and of a failed measurement among good ones, is not a number', () => {
		expect(median([])).toBeNaN();
		expect(median([1, Number.NaN, 2])).toBeNaN();
	});
});
