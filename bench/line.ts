/** What a line of the bench is given and what it hands back. */
import type { Random } from './measure/random.ts';
import { type Round, ratioOf } from './measure/ratio.ts';
import type { Result } from './measure/result.ts';
import { judgeCount, judgeRatio } from './measure/verdict.ts';
import type { Programs } from './peers/programs.ts';
import type { Kind, Watcher } from './peers/watcher.ts';

export interface Bench {
	readonly random: Random;
	readonly programs: Programs;
	/** Absolute path of the `karen` under test. The other programs are those of its installation. */
	readonly karen: string;
	readonly effort: 'full' | 'quick';
	/** Returns how many rounds to make: what `--rounds` says, else the line's own number for this effort. */
	rounds(full: number, quick: number): number;
	/** Makes a watcher in a fresh directory; it is stopped when the line ends, whatever happens. */
	watcher(kind: Kind): Watcher;
	/** Makes a fresh directory, removed after the run. */
	directory(): string;
	/** Has something ended when the line ends. */
	atEnd(end: () => void | Promise<void>): void;
}

export interface Line {
	/** The metrics of the line begin with it. */
	readonly name: string;
	/** Seconds after which the line is given up. */
	readonly limit: number;
	/** Left out of `--quick` unless it is named. */
	readonly slow?: true;
	measure(bench: Bench): Promise<Result[]>;
}

export interface Comparison {
	readonly metric: string;
	readonly sides: string;
	readonly unit: string;
	readonly goal: number | undefined;
	/** Which quantile of a round is compared. */
	readonly share: number;
	readonly rounds: readonly Round[];
	/** The peer against itself, in the same rounds. */
	readonly control: readonly Round[];
}

/** Judges what both sides took. A side without a single measurement makes the line broken. */
export function compare(comparison: Comparison, random: Random): Result {
	const { metric, sides, unit, goal, share } = comparison;
	const measured = ratioOf(comparison.rounds, share, random);
	const control = ratioOf(comparison.control, share, random);
	if (measured === undefined || control === undefined)
		return { kind: 'broken', metric, how: 'failed', why: 'a side gave no measurement' };
	return {
		kind: 'ratio',
		metric,
		sides,
		unit,
		measured,
		control,
		goal,
		verdict: judgeRatio(measured, goal, control),
	};
}

/** Judges something counted that must not be above `goal`. */
export function counted(metric: string, what: string, count: number, n: number, goal = 0, note = ''): Result {
	return { kind: 'count', metric, counted: what, count, n, goal, verdict: judgeCount(count, goal), note };
}
