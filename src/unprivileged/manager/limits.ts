/** How long the manager waits and caches, in milliseconds. */

export interface Limits {
	/** After this long without a report of its signal, karen counts as silent. */
	readonly heard: number;
	/** After this long the answer says that the check is still running. */
	readonly checked: number;
	/** A plan younger than this is returned without a new check. */
	readonly fresh: number;
	/** A second request for the same release within this time gets the answer of the first. */
	readonly repeat: number;
	/** How long pending requests may still take when the manager is stopped. */
	readonly grace: number;
}

export const LIMITS: Limits = { heard: 5000, checked: 60_000, fresh: 60_000, repeat: 1000, grace: 5000 };
