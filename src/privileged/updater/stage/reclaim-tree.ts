/** Gives a staged tree back to root after hooks changed its owner. */
import { chmodSync, lchownSync, lstatSync, readdirSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Staging } from './staging.ts';

const SELF = { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 };

/**
 * Files that another user could write to, by path below the staging directory; the directory itself is the
 * empty path.
 */
export type Given = ReadonlyMap<string, Stats>;

/**
 * Gives the tree to root and removes write access of others, from the top down: below a directory that is
 * root's again no other user can rename or plant anything. Does not follow links. Returns what had been given
 * away.
 */
export function reclaimTree(staging: Staging): Given {
	const given = new Map<string, Stats>();
	const top = statSync(staging.place);
	if (isGiven(top)) given.set('', top);
	staging.reclaim();
	takeBackBelow(staging.place, '', given);
	return given;
}

function takeBackBelow(place: string, dir: string, given: Map<string, Stats>): void {
	for (const name of readdirSync(join(place, dir))) {
		const path = dir === '' ? name : `${dir}/${name}`;
		const at = join(place, path);
		const stats = lstatSync(at);
		if (isGiven(stats)) {
			given.set(path, stats);
			reclaim(at, stats);
		}
		if (stats.isDirectory()) takeBackBelow(place, path, given);
	}
}

function reclaim(at: string, stats: Stats): void {
	if (stats.uid !== SELF.uid) lchownSync(at, SELF.uid, SELF.gid);
	if (!stats.isSymbolicLink()) chmodSync(at, stats.mode & (stats.isDirectory() ? 0o7755 : 0o755));
}

function isGiven(stats: Stats): boolean {
	return stats.uid !== SELF.uid || (!stats.isSymbolicLink() && (stats.mode & 0o022) !== 0);
}

/** Returns whether another user could have replaced `path`: by writing to it or to a directory above it. */
export function isExposed(path: string, given: Given): boolean {
	for (let part = path; part !== ''; part = part.slice(0, Math.max(0, part.lastIndexOf('/'))))
		if (given.has(part)) return true;
	return given.has('');
}
