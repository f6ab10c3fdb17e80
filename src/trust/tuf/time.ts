/** The time used for expiry: setting the clock back must not make expired metadata valid again. */

import { EARLIEST_TIME } from '../../model/base/earliest-time.ts';
import { problem } from '../../model/base/error.ts';

/** Known times, in milliseconds since 1970; 0 if unknown. */
export interface KnownTimes {
	/** The wall clock. */
	readonly clock: number;
	/**
	 * When metadata was last verified. A clock that ran ahead does no lasting harm: this time is limited by the
	 * signed expiry of the metadata that was verified.
	 */
	readonly lastVerified: number;
	/** The latest time at which this box is known to have run. */
	readonly lastBoot: number;
}

/**
 * Returns the time used for expiry: the clock's, but never earlier than a known past time. Throws
 * `clock-not-set` if the clock is earlier than this program's build, because a replay of old releases could
 * not be detected.
 */
export function timeOfTrust({ clock, lastVerified, lastBoot }: KnownTimes): number {
	if (clock >= EARLIEST_TIME) return Math.max(clock, lastVerified, lastBoot);
	throw problem(
		'clock-not-set',
		`cannot verify releases: the clock says ${new Date(clock).toISOString()}, which is before this program was built`,
		'set the clock, or let the box reach its time server; then ask again',
		{
			retry: 'later',
			facts: { clock: new Date(clock).toISOString(), earliest: new Date(EARLIEST_TIME).toISOString() },
		},
	);
}
