/** Which other users could have written a file that root is about to run or trust. */
import { lstatSync, readlinkSync, type Stats } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

const MAX_LINKS = 40;
const ROOT = 0;
const WRITABLE_BY_OTHERS = 0o022;
const STICKY = 0o1000;

/**
 * Returns a sentence that says which part of `path` a user other than root and `owners` could have changed,
 * or undefined if there is none. Checks every directory from `/` down, every link with both of its sides, and
 * the path itself. A world-writable directory such as /tmp is safe if it is root's and sticky and the entry
 * belongs to root or `owners`. A missing path counts as untrusted. (docs/decisions/0002)
 */
export function findUntrustedWriter(path: string, owners: readonly number[]): string | undefined {
	return walk(path, owners, 'with itself');
}

/**
 * Like findUntrustedWriter, for the directories above `path` only: who could replace it. The file itself may
 * belong to any user, and its owner counts as trusted, because the owner could change its contents anyway.
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

/** The state of a walk: a path whose directories are free of links, and the names that remain. */
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
