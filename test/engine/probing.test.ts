import { describe, expect, test } from 'vitest';
import { beginAsking, firstDue, soakLeft, verdictOf } from '../../src/engine/probing.ts';
import type { Probe } from '../../src/model/config/probe.ts';

const probe = (more: Partial<Probe> = {}): Probe => ({
	name: 'door',
	question: { kind: 'tcp', host: '127.0.0.1', port: 1 },
	timeout: 1000,
	interval: 2000,
	deadline: 10_000,
	soak: 0,
	...more,
});

/**
 * Asks with these answers, each of which takes so many milliseconds, and returns when it was asked and how it
 * ended.
 */
function story(of: Probe, answers: readonly (readonly ['well' | 'unwell', number])[], start = 0): string {
	let asked = beginAsking(of, start);
	const times: number[] = [];
	for (const [answer, took] of answers) {
		times.push(asked.due - start);
		const verdict = verdictOf(asked, answer, asked.due + took);
		if (verdict.kind !== 'ask-again')
			return `${times.join(' ')} ${verdict.kind === 'failed' ? verdict.how : 'passed'}`;
		asked = verdict.asked;
	}
	return `${times.join(' ')} open`;
}

const unwell = (count: number, took = 0) => Array.from({ length: count }, () => ['unwell', took] as const);
const well = (count: number, took = 0) => Array.from({ length: count }, () => ['well', took] as const);

describe.each([0, 5_000_000_000])('from %s ms on', (start) => {
	test.each([
		['well at once', probe(), well(1), '0 passed'],
		['well at the third try', probe(), [...unwell(2), ...well(1)], '0 2000 4000 passed'],
		['never well', probe(), unwell(9), '0 2000 4000 6000 8000 never-well'],
		['slow to say no', probe(), unwell(9, 3000), '0 5000 never-well'],
		['slow to say yes', probe(), well(1, 9000), '0 passed'],
		['an interval longer than the deadline', probe({ interval: 20_000 }), unwell(2), '0 never-well'],
		['well all the soak', probe({ soak: 5000 }), well(9), '0 2000 4000 5000 passed'],
		[
			'well late, and all the soak',
			probe({ soak: 3000 }),
			[...unwell(1), ...well(9)],
			'0 2000 4000 5000 passed',
		],
		[
			'a soak that outlasts the deadline',
			probe({ soak: 11_000 }),
			well(9),
			'0 2000 4000 6000 8000 10000 11000 passed',
		],
		['a soak shorter than the interval', probe({ soak: 500 }), well(9), '0 500 passed'],
		['unwell once in the soak', probe({ soak: 5000 }), [...well(2), ...unwell(1)], '0 2000 4000 relapsed'],
		[
			'unwell at the end of the soak',
			probe({ soak: 4000 }),
			[...well(2), ...unwell(1)],
			'0 2000 4000 relapsed',
		],
		[
			'flapping',
			probe({ soak: 5000 }),
			[...unwell(1), ...well(1), ...unwell(1), ...well(9)],
			'0 2000 4000 relapsed',
		],
		['slow but well in the soak', probe({ soak: 5000 }), well(9, 1500), '0 3500 6500 passed'],
	] as const)('%s', (_what, of, answers, expected) => {
		expect(story(of, answers, start)).toBe(expected);
	});
});

test('picks the probe that is due first, and the earlier listed of two', () => {
	const [a, b, c] = [beginAsking(probe(), 5), beginAsking(probe(), 3), beginAsking(probe(), 3)];
	expect(firstDue([a, b, c])).toBe(b);
	expect(firstDue([])).toBeUndefined();
});

test('returns the remaining soak time', () => {
	const asked = { ...beginAsking(probe({ soak: 5000 }), 0), wellSince: 1000 };
	expect([0, 1000, 4000, 9000].map((now) => soakLeft(asked, now))).toEqual([6000, 5000, 2000, 0]);
	expect(soakLeft({ ...asked, wellSince: undefined }, 4000)).toBe(5000);
});
