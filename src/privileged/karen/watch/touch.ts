/** What counts as a touch, told from two looks at a signal's file. Pure. */
import type { Stamp, StampParts } from '../../../model/signal/signal.ts';

/** How exact the times of files are: `fine` when two changes with a look between them never bear the same time. */
export type TimeGrain = 'fine' | 'coarse';

/** What a look needs to know of a file; all of it is in `lstat`. */
export interface FileTimes extends StampParts {
	readonly atimeNs: bigint;
	readonly birthtimeNs: bigint;
}

/** Nanoseconds. Programs that set a time in milliseconds may set the same one twice; the change itself bears the true time. */
const CLOSE = 100_000_000n;

/**
 * Returns whether the file was touched between two stamps. A new size, inode or time of writing is a touch. When only the
 * time of the change differs it is one if it was set to about now; else somebody changed the owner or the mode, as the hooks
 * of real releases do with the whole root (`chown -R`), and `reboot` must not run by that.
 */
export function isTouch(before: Stamp | undefined, after: Stamp): boolean {
	if (before === undefined) return true;
	if (before === after) return false;
	const was = partsOf(before);
	const is = partsOf(after);
	if (was.ino !== is.ino || was.size !== is.size || was.mtimeNs !== is.mtimeNs) return true;
	const apart = is.ctimeNs - is.mtimeNs;
	return apart < CLOSE && apart > -CLOSE;
}

function partsOf(stamp: Stamp): StampParts {
	const [ino = 0n, size = 0n, mtimeNs = 0n, ctimeNs = 0n] = stamp.split(':').map(BigInt);
	return { ino, size, mtimeNs, ctimeNs };
}

/**
 * Returns whether a first look tells all: the next change will bear another stamp, and nobody is in the middle of writing.
 * An empty file that was just made or just cut to nothing is likely to be written to in the next moment.
 */
export function isSettled(file: FileTimes, grain: TimeGrain): boolean {
	if (grain === 'coarse') return false;
	const wasJustMade = file.birthtimeNs === file.mtimeNs || file.atimeNs !== file.mtimeNs;
	return !(file.size === 0n && file.mtimeNs === file.ctimeNs && wasJustMade);
}

/** Orders stamps by the time of their change. */
export function byTime(a: Stamp, b: Stamp): number {
	const apart = partsOf(a).ctimeNs - partsOf(b).ctimeNs;
	return apart < 0n ? -1 : apart > 0n ? 1 : 0;
}
