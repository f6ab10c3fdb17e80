/**
 * The time that expiry is judged by: a clock that was set back must not bring expired metadata back to life.
 */

import { EARLIEST_TIME } from '../model/base/earliest-time.ts';
import { problem } from '../model/base/error.ts';

/** What is known of the time, in milliseconds since 1970; 0 for what is not known. */
export interface KnownTimes {
	/** The wall clock. */
	readonly clock: number;
	/**
	 * The time by which metadata was last verified. A clock that ran ahead does no lasting harm here: it was
	 * before the expiry of what was verified by it, and that was signed.
	 */
	readonly lastVerified: number;
	/** The latest time that this box is known to have been up. */
	readonly lastBoot: number;
}

/**
 * Returns the time to judge expiry by: the clock's, but never before what is known to have been. Throws
 * `clock-not-set` when the clock says less than this program was built: by such a clock nothing could be told
 * from a replay of old releases.
 */
export function timeOfTrust({ clock, lastVerified, lastBoot }: KnownTimes): number {
	if (clock >= EARLIEST_TIME) return Math.max(clock, lastVerified, lastBoot);
	throw problem(
		'clock-not-set',
		`cannot verify releases: the clock says ${new Date(clock).toISOString()}, when this program was not written yet`,
		'set the clock, or let the box reach its time server; then ask again',
		{
			retry: 'later',
			facts: { clock: new Date(clock).toISOString(), earliest: new Date(EARLIEST_TIME).toISOString() },
		},
	);
}
