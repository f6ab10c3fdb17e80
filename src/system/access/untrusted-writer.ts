/** Who could have written what root is about to run or believe: a path and every directory above it. */
import { lstatSync, readlinkSync, type Stats } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

const MAX_LINKS = 40;
const ROOT = 0;
const WRITABLE_BY_OTHERS = 0o022;
const STICKY = 0o1000;

/**
 * Returns the sentence that says which part of `path` another user than root and `owners` could have changed, or undefined
 * when there is none. Looked at: every directory from `/` down, every link on the way and both sides of it, the path itself.
 * A directory for all like /tmp is safe for what is root's or `owners`' in it, as long as it is root's and sticky.
 * A path that is not there is a hole. (docs/decisions/0002)
 */
export function findUntrustedWriter(path: string, owners: readonly number[]): string | undefined {
	return walk(path, owners, 'with itself');
}

/**
 * As findUntrustedWriter, of the directories above `path`: whoever could put something else in its place. What stands there may be anybody's, and
 * its owner counts as trusted besides, who could do the same inside.
 */
export function findUntrustedWriterAbove(path: string, owners: readonly number[]): string | undefined {
	const stats = lstatSync(path, { throwIfNoEntry: false });
	return stats === undefined ? `${path} is not there` : walk(path, [stats.uid, ...owners], 'above');
}

function walk(path: string, owners: readonly number[], extent: 'with itself' | 'above'): string | undefined {
	const trusted = new Set([ROOT, ...owners]);
	let at: Place | undefined = { here: '/', left: partsOf(resolve(path)) };
	for (let links = 0; at !== undefined; ) {
		const stats: Stats | undefined = lstatSync(at.here, { throwIfNoEntry: false });
		if (stats === undefined) return `${at.here} is not there`;
		if (extent === 'above' && at.left.length === 0 && !stats.isSymbolicLink()) return undefined;
		const fault = faultAt(at, stats, trusted);
		if (fault !== undefined) return fault;
		if (stats.isSymbolicLink() && ++links > MAX_LINKS)
			return `${path} goes through more than ${MAX_LINKS} links`;
		at = stats.isSymbolicLink() ? throughLink(at) : onward(at);
	}
	return undefined;
}

function faultAt({ here, left }: Place, stats: Stats, trusted: ReadonlySet<number>): string | undefined {
	if (!trusted.has(stats.uid)) return `${here} belongs to user ${stats.uid}`;
	return !stats.isSymbolicLink() && isOpen(stats, left.length > 0)
		? `${here} can be written by other users`
		: undefined;
}

/** How far a walk has come: a path without links in its directories, and the names that are still to go. */
interface Place {
	readonly here: string;
	readonly left: readonly string[];
}

function throughLink({ here, left }: Place): Place {
	const target = readlinkSync(here);
	return { here: target.startsWith('/') ? '/' : dirname(here), left: [...partsOf(target), ...left] };
}

function onward({ here, left: [part, ...left] }: Place): Place | undefined {
	return part === undefined ? undefined : { here: join(here, part), left };
}

function partsOf(path: string): string[] {
	return path.split('/').filter((part) => part !== '' && part !== '.');
}

function isOpen(stats: Stats, hasChild: boolean): boolean {
	if ((stats.mode & WRITABLE_BY_OTHERS) === 0) return false;
	return !(hasChild && stats.isDirectory() && stats.uid === ROOT && (stats.mode & STICKY) !== 0);
}
