/** Where the power is cut, and what becomes of the writes that no flush had followed yet. */
import { type Random, seededRandom } from '../../../../bench/measure/random.ts';
import type { DiskEvent } from '../disk-log.ts';

/**
 * `at`: how many events of the log had happened. `kept`: all writes before the cut reached the disk. `lost`:
 * of those after the last flush only some pieces did, chosen by the seed, in any order.
 */
export type CutPoint =
	| { readonly at: number; readonly fate: 'kept' }
	| { readonly at: number; readonly fate: 'lost'; readonly seed: number };

/** A point as it is printed and asked for: `412` or `412~7`. */
export function spellPoint(point: CutPoint): string {
	return point.fate === 'kept' ? String(point.at) : `${point.at}~${point.seed}`;
}

export function parsePoint(text: string): CutPoint | undefined {
	const [, at, seed] = /^(\d+)(?:~(\d+))?$/.exec(text) ?? [];
	if (at === undefined) return undefined;
	return seed === undefined
		? { at: Number(at), fate: 'kept' }
		: { at: Number(at), fate: 'lost', seed: Number(seed) };
}

/**
 * Returns `count` different points of a log, or all that there are: after each event, with both fates. Fewer
 * than all are, in turn, a point where a promise has just been made and any other one, spread over the whole
 * log by the seed.
 */
export function choosePoints(events: readonly DiskEvent[], count: number, seed: number): readonly CutPoint[] {
	const all = allPoints(events, seed);
	if (count >= all.length) return all;
	const isPromised = ({ at }: CutPoint) => events[at - 1]?.kind === 'mark';
	const random = seededRandom(seed);
	const promised = spread(all.filter(isPromised), Math.floor(count / 2), random);
	const others = spread(
		all.filter((point) => !isPromised(point)),
		count - promised.length,
		random,
	);
	return [...promised, ...others].sort((a, b) => a.at - b.at);
}

/** Returns one of each stretch. */
function spread(points: readonly CutPoint[], count: number, random: Random): readonly CutPoint[] {
	if (count >= points.length) return points;
	return Array.from({ length: count }, (_, index) => {
		const from = Math.floor((index * points.length) / count);
		const to = Math.floor(((index + 1) * points.length) / count);
		return points[from + Math.floor(random() * (to - from))] as CutPoint;
	});
}

/** With nothing unsynced both fates are one. */
function allPoints(events: readonly DiskEvent[], seed: number): readonly CutPoint[] {
	const points: CutPoint[] = [];
	let unsynced = 0;
	for (const [index, event] of events.entries()) {
		unsynced = event.kind === 'flush' ? 0 : event.kind === 'write' ? unsynced + 1 : unsynced;
		const at = index + 1;
		points.push({ at, fate: 'kept' });
		if (unsynced > 0) points.push({ at, fate: 'lost', seed: seed + index });
	}
	return points;
}
