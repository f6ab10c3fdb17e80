import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../bench/measure/random.ts';
import { ratioOf } from '../../bench/measure/ratio.ts';

const random = () => seededRandom(1);

describe('ratioOf', () => {
	test('pairs round by round: a slow minute of the machine meets both sides and does not show', () => {
		const rounds = [1, 10, 100].map((slow) => ({ ours: [2 * slow, 2 * slow], peer: [slow, slow] }));
		expect(ratioOf(rounds, 0.5, random())).toMatchObject({
			ratio: 2,
			low: 2,
			high: 2,
			ours: 20,
			peer: 10,
			n: 6,
		});
	});

	test('compares the quantile that is asked for', () => {
		const rounds = [{ ours: [1, 1, 1, 1, 9], peer: [1, 1, 1, 1, 3] }];
		expect(ratioOf(rounds, 0.5, random())?.ratio).toBe(1);
		expect(ratioOf(rounds, 1, random())?.ratio).toBe(3);
	});

	test('one bad round moves the interval, not the ratio', () => {
		const ratios = [1, 1.1, 0.9, 1, 50];
		const ratio = ratioOf(
			ratios.map((one) => ({ ours: [one], peer: [1] })),
			0.5,
			random(),
		);
		expect(ratio?.ratio).toBe(1);
		expect(ratio?.low).toBeGreaterThanOrEqual(0.9);
		expect(ratio?.high).toBeLessThanOrEqual(50);
		expect(ratio?.high).toBeGreaterThan(1);
	});

	test('rounds that miss a side do not count, and nothing remains of none', () => {
		const halves = [
			{ ours: [], peer: [1] },
			{ ours: [1], peer: [] },
		];
		expect(ratioOf(halves, 0.5, random())).toBeUndefined();
		expect(ratioOf([...halves, { ours: [3], peer: [1] }], 0.5, random())).toMatchObject({ ratio: 3, n: 1 });
		expect(ratioOf([], 0.5, random())).toBeUndefined();
	});

	test('a measurement that failed makes the ratio not a number, never a good one', () => {
		expect(ratioOf([{ ours: [Number.NaN], peer: [1] }], 0.5, random())?.ratio).toBeNaN();
	});
});
