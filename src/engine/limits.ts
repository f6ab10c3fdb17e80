/** How often things may be tried. Counts, not times: the wall clock may jump. */
export interface Limits {
	/** Milliseconds between a hook's request to be run later and its next run, and between tries after the commit. */
	readonly pause: number;
	/** How often one hook may ask to be run later. */
	readonly laterTries: number;
	/** How often a change may be cut before R until it is dropped. */
	readonly cuts: number;
	/** How often undoing one step may fail. */
	readonly undoTries: number;
	/** How often undoing one step is begun, cuts and all: it may be what takes the machine down. */
	readonly undoCuts: number;
	/** How often a step after the commit is tried; one that is only ever cut may be begun `cuts` times more. */
	readonly finishTries: number;
	/** How often the machine is asked for the reboot that a release needs. */
	readonly rebootTries: number;
	/** How many facts a journal may hold: a change that goes in circles ends. */
	readonly facts: number;
}
