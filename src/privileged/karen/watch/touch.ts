/** Decides what counts as a touch, from two stamps of a signal's file. */
import type { Stamp, StampParts } from '../../../model/signal/signal.ts';

/** Precision of file times. `fine`: two changes with a scan in between never have the same time. */
export type TimeGrain = 'fine' | 'coarse';

/** The file attributes that a scan needs, as in `lstat`. */
export interface FileTimes extends StampParts {
	readonly atimeNs: bigint;
	readonly birthtimeNs: bigint;
}

/**
 * Nanoseconds. Programs that set times in milliseconds may set the same mtime twice; the ctime still differs.
 */
const CLOSE = 100_000_000n;

/**
 * Returns whether the file was touched between two stamps. A new size, inode or mtime is a touch. A new ctime
 * alone is a touch only if the mtime is about the same time; otherwise it is a change of owner or mode, such
 * as the `chown -R` of real hooks, which must not trigger `reboot`.
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
 * Returns whether the next change will certainly have another stamp and no write is in progress. An empty
 * file that was just created or truncated is probably about to be written.
 */
export function isSettled(file: FileTimes, grain: TimeGrain): boolean {
	if (grain === 'coarse') return false;
	const wasJustMade = file.birthtimeNs === file.mtimeNs || file.atimeNs !== file.mtimeNs;
	return !(file.size === 0n && file.mtimeNs === file.ctimeNs && wasJustMade);
}

/** Orders stamps by their ctime. */
export function byTime(a: Stamp, b: Stamp): number {
	const apart = partsOf(a).ctimeNs - partsOf(b).ctimeNs;
	return apart < 0n ? -1 : apart > 0n ? 1 : 0;
}
