/**
 * What is recorded and judged: something that writes to a disk and promises things, and somebody who looks at
 * what a cut left.
 */

import type { Trial } from '../../result.ts';

export interface RecordedPlace {
	/** A directory on the recorded disk. */
	readonly dir: string;
	/** Puts a line into the disk's log: from here on the program stands by this. */
	readonly mark: (text: string) => void;
	/** Where marks are written, for programs that are started. */
	readonly control: string;
}

/** One point in so many is looked at thoroughly, the first among them. */
export const THOROUGH = 6;

/** `thorough`: also looks whether the box goes on well from there. */
export type Care = 'quick' | 'thorough';

export interface Scenario {
	readonly name: string;
	/** What the table calls it: `one whole update`. */
	readonly during: string;
	/** What the table says of it besides; may be empty. */
	readonly note: string;
	/** Size of its disk in MB. */
	readonly size: number;
	/** Makes what is on the disk before; nothing of this is cut. */
	prepare(dir: string): Promise<void>;
	/** Works on the recorded disk. Returns what the judge has to know: JSON. */
	run(place: RecordedPlace): Promise<unknown>;
	/** Looks at what a cut left in `dir`, where it has been mounted, and lets the product recover it. */
	judge(dir: string, marks: readonly string[], known: unknown, care: Care): Promise<Trial>;
}
