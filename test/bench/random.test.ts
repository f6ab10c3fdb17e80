import { expect, test } from 'vitest';
import { seededRandom, shuffled } from '../../bench/measure/random.ts';

test('one seed gives one row of numbers between 0 and 1', () => {
	const [first, second, other] = [seededRandom(7), seededRandom(7), seededRandom(8)];
	const row = Array.from({ length: 1000 }, first);
	expect(Array.from({ length: 1000 }, second)).toEqual(row);
	expect(Array.from({ length: 1000 }, other)).not.toEqual(row);
	expect(row.every((number) => number >= 0 && number < 1)).toBe(true);
	const mean = row.reduce((sum, number) => sum + number, 0) / row.length;
	expect(mean).toBeGreaterThan(0.45);
	expect(mean).toBeLessThan(0.55);
});

test('shuffling keeps every thing once', () => {
	const things = Array.from({ length: 50 }, (_, index) => index);
	const order = shuffled(things, seededRandom(3));
	expect(order).not.toEqual(things);
	expect([...order].sort((a, b) => a - b)).toEqual(things);
	expect(shuffled([], seededRandom(3))).toEqual([]);
});

test('shuffling puts every thing everywhere equally often', () => {
	const random = seededRandom(11);
	const seen = new Map<string, number>();
	for (let turn = 0; turn < 6000; turn++) {
		const order = shuffled(['a', 'b', 'c'], random).join('');
		seen.set(order, (seen.get(order) ?? 0) + 1);
	}
	expect(seen.size).toBe(6);
	for (const times of seen.values()) expect(Math.abs(times - 1000)).toBeLessThan(150);
});
