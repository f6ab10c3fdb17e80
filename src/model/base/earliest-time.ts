/** Detects a wall clock that is not set. */

/**
 * A clock that shows an earlier time is not set: this program did not exist then. Raised with each release.
 * Milliseconds since 1970.
 */
export const EARLIEST_TIME = Date.UTC(2026, 10, 1);

/**
 * Whether the wall clock can be right. Many boxes lack a battery and start at 1970 until NTP sets the clock.
 */
export type ClockSense = 'set' | 'not-set';

/**
 * Returns whether a wall clock that shows `now` is set. `seen` is the latest time ever observed; a clock more
 * than a day behind it was reset, or was wrong earlier. Therefore only the wording of errors depends on the
 * result.
 */
export function clockSenseAt(now: number, seen = 0): ClockSense {
	return now >= EARLIEST_TIME && now >= seen - DAY ? 'set' : 'not-set';
}

const DAY = 86_400_000;
