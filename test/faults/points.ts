/** Which of the many points a sweep tries. Pure: the same calls and the same seed give the same points. */
import { type Random, shuffled } from '../../bench/measure/random.ts';
import type { Journal } from '../../src/model/change/journal.ts';

/** One call of an unbroken run, and the step that was at work then. */
export interface Point {
	/** From 1. */
	readonly at: number;
	/** What the kernel calls it: `rename`. */
	readonly call: string;
	readonly step: string;
}

/**
 * Returns the points of an unbroken run. Each line of the journal that was written says which step begins.
 */
export function pointsOf(calls: readonly string[], journal: Journal): readonly Point[] {
	let written = 0;
	let step = 'before the change';
	return calls.map((line, index) => {
		const [, , call = '', path = ''] = line.split(' ');
		if (call === 'write' && path.endsWith('/journal')) {
			const entry = journal[written];
			written += 1;
			if (entry?.event === 'closed') step = 'closed';
			else if (entry !== undefined && 'step' in entry)
				step = entry.event.startsWith('und') ? `undo ${entry.step}` : entry.step;
		}
		return { at: index + 1, call, step };
	});
}

/**
 * Returns this many points at most: from each step a share by the square root of its calls, so that long
 * copies do not crowd out the short steps in which most can go wrong. In the order of the run.
 */
export function samplePoints(points: readonly Point[], count: number, random: Random): readonly Point[] {
	if (count >= points.length) return points;
	const steps = Map.groupBy(points, ({ step }) => step);
	const weight = (some: readonly Point[]) => Math.sqrt(some.length);
	const total = [...steps.values()].reduce((sum, some) => sum + weight(some), 0);
	const chosen = new Set<Point>();
	for (const some of steps.values()) {
		const share = Math.min(some.length, Math.floor((count * weight(some)) / total));
		for (const point of shuffled(some, random).slice(0, share)) chosen.add(point);
	}
	for (const point of shuffled(points, random)) {
		if (chosen.size >= count) break;
		chosen.add(point);
	}
	return [...chosen].sort((a, b) => a.at - b.at);
}
