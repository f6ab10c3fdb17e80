/**
 * The staging directory, held by a descriptor: real hooks rename it while they run, and the owner of the root
 * could replace it. Hooks run from the directory that was opened.
 */
import {
	closeSync,
	constants,
	fchmodSync,
	fchownSync,
	fstatSync,
	lstatSync,
	openSync,
	readdirSync,
	readlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { problem } from '../../../model/base/error.ts';
import type { Opened } from '../../../model/change/journal.ts';

export interface Staging {
	/** A path to the directory that survives renames; usable as the working directory of a child. */
	readonly place: string;
	/** Its current path. */
	name(): string;
	inode(): string;
	/** Gives the directory itself back to root, without write access of others. */
	reclaim(): void;
	close(): void;
}

export function stagingPath(root: string, opened: Opened): string {
	return join(root, `.${opened.product}-${opened.tag}`);
}

export function openStaging(path: string): Staging {
	const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
	return {
		place: `/proc/self/fd/${fd}`,
		name: () => readlinkSync(`/proc/self/fd/${fd}`),
		inode: () => String(fstatSync(fd, { bigint: true }).ino),
		reclaim: () => {
			if (process.geteuid?.() === 0) fchownSync(fd, 0, 0);
			fchmodSync(fd, fstatSync(fd).mode & 0o7755);
		},
		close: () => closeSync(fd),
	};
}

/** Returns the current path of the staging directory with this inode, or undefined when it is gone. */
export function findStaging(root: string, inode: string): string | undefined {
	const names = readdirSync(root).filter((name) => name.startsWith('.'));
	const found = names.find((name) => {
		const stats = lstatSync(join(root, name), { bigint: true, throwIfNoEntry: false });
		return stats?.isDirectory() === true && String(stats.ino) === inode;
	});
	return found === undefined ? undefined : join(root, found);
}

/**
 * Opens the staging directory with this inode, also after a hook renamed it. Throws `content-changed` when it
 * is gone.
 */
export function reopenStaging(root: string, inode: string): Staging {
	const path = findStaging(root, inode);
	if (path === undefined) {
		throw problem(
			'content-changed',
			'cannot go on: the staged release is gone',
			'ask again: it is staged anew',
			{
				facts: { root, inode },
				retry: 'now',
			},
		);
	}
	return openStaging(path);
}
