import { describe, expect, test } from 'vitest';
import { overlap, stormFault, tally } from '../../bench/measure/runs.ts';

describe('tally', () => {
	test.each([
		[['a', 'b'], ['b', 'a'], { lost: 0, duplicated: 0 }],
		[['a', 'b'], ['a'], { lost: 1, duplicated: 0 }],
		[['a', 'b'], ['a', 'a'], { lost: 1, duplicated: 1 }],
		[['a'], ['a', 'never sent'], { lost: 0, duplicated: 1 }],
		[[], [], { lost: 0, duplicated: 0 }],
	])('sent %j, answered %j', (sent, answered, expected) => {
		expect(tally(sent, answered)).toEqual(expected);
	});
});

const run = (start: number, end: number | undefined) => ({ start, end });

describe('overlap', () => {
	test.each([
		['none', [], 0],
		['one after the other', [run(0, 10), run(10, 20)], 1],
		['two at once', [run(0, 10), run(9, 20)], 2],
		['one inside another, and a later one', [run(0, 100), run(10, 20), run(30, 40)], 2],
		['one that was not seen to end', [run(0, undefined), run(500, 510)], 2],
	])('%s', (_, runs, expected) => {
		expect(overlap(runs)).toBe(expected);
	});
});

describe('stormFault', () => {
	test.each([
		['two runs, the second after the last touch', [run(1, 201), run(202, 402)], undefined],
		['one run, begun late, after the last touch', [run(101, 301)], undefined],
		['no run', [], 'no run'],
		['the last touch lost', [run(1, 201)], 'no run after the last touch'],
		['both began before the last touch', [run(1, 40), run(41, 80)], 'no run after the last touch'],
		['both at once', [run(1, 201), run(150, 350)], '2 runs at once'],
		['one too many', [run(1, 201), run(202, 402), run(403, 603)], '3 runs'],
		[
			'two runs, the first begun late: its answer was decided before the last touch',
			[run(101, 301), run(302, 502)],
			undefined,
		],
	])('%s', (_, runs, expected) => {
		expect(stormFault(runs, 100)).toBe(expected);
	});
});
