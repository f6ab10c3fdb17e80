/** What time it cannot be. */

/**
 * The clock of a box is not set while it says less: this program was not written before. Raised with each release, in
 * milliseconds since 1970.
 */
export const EARLIEST = Date.UTC(2026, 10, 1);

/** Whether the wall clock can be right: many boxes have none that runs without power, and begin at 1970 until a server tells them. */
export type ClockSense = 'set' | 'not-set';

/**
 * Returns what to think of a wall clock that says `now`. `seen` is the latest time known to have been: a clock a day behind it lost
 * its memory, or was wrong before. So nothing is decided by it but how an error is told.
 */
export function senseOf(now: number, seen = 0): ClockSense {
	return now >= EARLIEST && now >= seen - DAY ? 'set' : 'not-set';
}

const DAY = 86_400_000;
