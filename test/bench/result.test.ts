import { expect, test } from 'vitest';
import { printed, type Result } from '../../bench/measure/result.ts';

const measured = { ratio: 1.834, low: 1.7, high: 2.04, ours: 1.21, peer: 0.66, n: 300 };
const control = { ...measured, ratio: 1, low: 0.97, high: 1.04 };

test.each<[Result, RegExp]>([
	[
		{
			kind: 'ratio',
			metric: 'a.b',
			sides: 'karen ÷ floor',
			unit: 'ms',
			measured,
			control,
			goal: 2,
			verdict: 'met',
		},
		/^a\.b +karen ÷ floor +1\.83 \[1\.70–2\.04\] +n 300 +goal ≤ 2 +met +1\.21 to 0\.66 ms; control ±7 %$/,
	],
	[
		{
			kind: 'ratio',
			metric: 'a.b',
			sides: 's',
			unit: 'ms',
			measured,
			control,
			goal: undefined,
			verdict: 'noted',
		},
		/ no goal +noted /,
	],
	[
		{
			kind: 'count',
			metric: 'c',
			counted: 'lost',
			count: 3,
			n: 10,
			goal: 0,
			verdict: 'not met',
			note: 'why',
		},
		/^c +karen +3 lost +n 10 +goal ≤ 0 +not met +why$/,
	],
	[{ kind: 'skipped', metric: 'd', install: 'fswatch' }, /^d +skipped \(install fswatch\)$/],
	[{ kind: 'broken', metric: 'e', how: 'failed', why: 'no answer' }, /^e +broken: no answer$/],
])('%j', (result, line) => {
	expect(printed(result)).toMatch(line);
});
