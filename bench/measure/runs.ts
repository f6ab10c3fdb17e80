/** What the runs of triggers, put together, say of their watcher. */

export interface Run {
	/** Milliseconds, monotonic. */
	readonly start: number;
	/** Undefined: it was not seen to end. */
	readonly end: number | undefined;
}

export interface Tally {
	/** Signals that nobody answered. */
	readonly lost: number;
	/** Answers beyond one a signal, and answers to signals that were not sent. */
	readonly duplicated: number;
}

/** Compares the signals that were sent, each once, with the names that triggers were started for. */
export function tally(sent: readonly string[], answered: readonly string[]): Tally {
	const owed = new Set(sent);
	let duplicated = 0;
	for (const name of answered) if (!owed.delete(name)) duplicated++;
	return { lost: owed.size, duplicated };
}

/** Returns how many runs overlapped at the worst moment. */
export function overlap(runs: readonly Run[]): number {
	const during = (moment: number) => runs.filter((run) => run.start <= moment && moment < (run.end ?? Number.POSITIVE_INFINITY)).length;
	return Math.max(0, ...runs.map((run) => during(run.start)));
}

/**
 * Returns what is wrong with the runs that a storm of touches on one signal caused, or undefined. Right is: never two at a
 * time, one begun after the last touch, two in all; one alone is right too where it began after the last touch already.
 */
export function stormFault(runs: readonly Run[], lastTouch: number): string | undefined {
	const starts = runs.map((run) => run.start).sort((a, b) => a - b);
	const [first] = starts;
	if (first === undefined) return 'no run';
	if (overlap(runs) > 1) return `${overlap(runs)} runs at once`;
	if ((starts.at(-1) ?? 0) < lastTouch) return 'no run after the last touch';
	const owed = first > lastTouch ? 1 : 2;
	return runs.length === owed ? undefined : `${runs.length} runs`;
}
