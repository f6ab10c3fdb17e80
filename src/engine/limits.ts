/** How often a change may try things. Limits are counts, not times, because the wall clock may jump. */
export interface Limits {
	/**
	 * Milliseconds between a hook's request to be run later and its next run, and between tries after the
	 * commit.
	 */
	readonly pause: number;
	/** How often one hook may ask to be run later. */
	readonly laterTries: number;
	/** How often a change may be interrupted before R until it is dropped. */
	readonly cuts: number;
	/** How often undoing one step may fail. */
	readonly undoTries: number;
	/**
	 * How often undoing one step is begun, interruptions included: the undo itself may take the machine down.
	 */
	readonly undoCuts: number;
	/**
	 * How often a step after the commit is tried; a step that is only interrupted may be begun `cuts` times
	 * more.
	 */
	readonly finishTries: number;
	/** How often a reboot that the release needs is requested. */
	readonly rebootTries: number;
	/** The maximum number of facts in a journal, so that a change cannot loop forever. */
	readonly facts: number;
}
