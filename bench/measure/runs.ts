/** What the runs of triggers, put together, say of their watcher. */

export interface Run {
	/** Milliseconds, monotonic. */
	readonly start: number;
	/** Undefined: it was not seen to end. */
	readonly end: number | undefined;
}

export interface Tally {
	/** Signals that got no answer. */
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
	const during = (moment: number) =>
		runs.filter((run) => run.start <= moment && moment < (run.end ?? Number.POSITIVE_INFINITY)).length;
	return Math.max(0, ...runs.map((run) => during(run.start)));
}

/**
 * Returns what is wrong with the runs that a storm of touches on one signal caused, or undefined. Right is:
 * never two at a time, one begun after the last touch, two in all at most (one suffices where it began late).
 */
export function stormFault(runs: readonly Run[], lastTouch: number): string | undefined {
	if (runs.length === 0) return 'no run';
	if (overlap(runs) > 1) return `${overlap(runs)} runs at once`;
	if (Math.max(...runs.map((run) => run.start)) < lastTouch) return 'no run after the last touch';
	return runs.length > 2 ? `${runs.length} runs` : undefined;
}
