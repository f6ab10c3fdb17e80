/** How long the manager waits and remembers, in milliseconds. */

export interface Limits {
	/** karen has taken notice of a signal by then, or she counts as silent. */
	readonly heard: number;
	/** A check has ended by then, or the answer says that it goes on. */
	readonly checked: number;
	/** A plan younger than this is given without a new check. */
	readonly fresh: number;
	/** Another wish for the same release within this span of the first's answer is the same wish. */
	readonly repeat: number;
	/** Requests under way when the manager is stopped may take this long. */
	readonly grace: number;
}

export const LIMITS: Limits = { heard: 5000, checked: 60_000, fresh: 60_000, repeat: 1000, grace: 5000 };
