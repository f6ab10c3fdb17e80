import { describe, expect, test } from 'vitest';
import { judgeCount, judgeRatio, spreadOf } from '../../bench/measure/verdict.ts';

const ratio = (value: number, low = value, high = value) => ({
	ratio: value,
	low,
	high,
	ours: value,
	peer: 1,
	n: 10,
});

describe('judgeRatio', () => {
	test.each([
		['at the goal', 2, 2, ratio(1, 0.95, 1.05), 'met'],
		['above the goal', 2.01, 2, ratio(1, 0.95, 1.05), 'not met'],
		['well below, on a noisy machine', 0.5, 2, ratio(1, 0.8, 1.2), 'noisy'],
		['far above, on a noisy machine', 9, 2, ratio(1, 0.8, 1.2), 'noisy'],
		['a control that is steady but not 1', 1, 2, ratio(1.4, 1.39, 1.41), 'noisy'],
		['a control without a figure', 1, 2, ratio(Number.NaN), 'noisy'],
		['no figure', Number.NaN, 2, ratio(1), 'not met'],
		['no goal', 5, undefined, ratio(1), 'noted'],
		['no goal, on a noisy machine', 5, undefined, ratio(3), 'noisy'],
	] as const)('%s: %d of %s', (_, measured, goal, control, verdict) => {
		expect(judgeRatio(ratio(measured), goal, control)).toBe(verdict);
	});
});

test.each([
	[ratio(1), 0],
	[ratio(1, 0.9, 1.1), 1.1 / 0.9 - 1],
	[ratio(1.2, 1.1, 1.25), 0.25],
	[ratio(0.8, 0.75, 0.85), 1 / 0.75 - 1],
])('the spread of %j is %d', (control, spread) => {
	expect(spreadOf(control)).toBeCloseTo(spread, 10);
});

test.each([
	[0, 0, 'met'],
	[1, 0, 'not met'],
	[120, 120, 'met'],
	[Number.NaN, 0, 'not met'],
] as const)('%d against %d is %s', (count, goal, verdict) => {
	expect(judgeCount(count, goal)).toBe(verdict);
});
