/** Who could have written what root is about to run or believe: a path and every directory above it. */
import { lstatSync, readlinkSync, type Stats } from 'node:fs';
import { dirname, resolve } from 'node:path';

const MAX_LINKS = 40;
const ROOT = 0;
const WRITABLE_BY_OTHERS = 0o022;
const STICKY = 0o1000;

/**
 * Returns the sentence that says which part of `path` another user than root and `owners` could have changed, or undefined
 * when there is none. Looked at: every directory from `/` down, every link on the way and both sides of it, the path itself.
 * A directory for all like /tmp is safe for what is root's or `owners`' in it, as long as it is root's and sticky.
 * A path that is not there is a hole. (trust: rule 5 of docs/decisions/0002)
 */
export function findHole(path: string, owners: readonly number[]): string | undefined {
	const trusted = new Set([ROOT, ...owners]);
	const left = partsOf(resolve(path));
	let here = '/';
	for (let links = 0; links <= MAX_LINKS; ) {
		const stats = lstatSync(here, { throwIfNoEntry: false });
		if (stats === undefined) return `${here} is not there`;
		if (!trusted.has(stats.uid)) return `${here} belongs to user ${stats.uid}`;
		if (stats.isSymbolicLink()) {
			links += 1;
			const target = readlinkSync(here);
			left.unshift(...partsOf(target));
			here = target.startsWith('/') ? '/' : dirname(here);
		} else if (isOpen(stats, left.length > 0)) {
			return `${here} can be written by other users`;
		} else {
			const part = left.shift();
			if (part === undefined) return undefined;
			here = part === '..' ? dirname(here) : `${here === '/' ? '' : here}/${part}`;
		}
	}
	return `${path} goes through more than ${MAX_LINKS} links`;
}

function partsOf(path: string): string[] {
	return path.split('/').filter((part) => part !== '' && part !== '.');
}

function isOpen(stats: Stats, hasChild: boolean): boolean {
	if ((stats.mode & WRITABLE_BY_OTHERS) === 0) return false;
	return !(hasChild && stats.isDirectory() && stats.uid === ROOT && (stats.mode & STICKY) !== 0);
}
