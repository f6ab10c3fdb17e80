/**
 * Replaces files atomically: readers find the old contents or the new ones, whole. Root's files are replaced
 * here, because the temporary name cannot be guessed. `write-file-atomic` does not sync the directory and
 * opens a predictable name, so private-file.ts uses it only where no other user can write
 * (docs/decisions/0004).
 */
import { randomBytes } from 'node:crypto';
import {
	chmodSync,
	closeSync,
	constants,
	copyFileSync,
	existsSync,
	fchmodSync,
	fchownSync,
	fsyncSync,
	lstatSync,
	openSync,
	readdirSync,
	renameSync,
	rmSync,
	unlinkSync,
	utimesSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { syncDirectory } from './directories.ts';
import { writeAll } from './write-all.ts';

const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;

/** Mode and owner of a new file. `uid` and `gid` are given only where root writes for other users to read. */
export interface Access {
	readonly mode: number;
	readonly uid?: number;
	readonly gid?: number;
}

const PRIVATE: Access = { mode: 0o600 };

/**
 * Replaces the file at `path` with these contents. Crash: once it returns the new contents are on disk;
 * before that, the old file or the new one is there whole, and at most a hidden temporary file beside it. A
 * link at `path` is replaced, never followed.
 */
export function replaceDurably(path: string, contents: string | Uint8Array, access: Access = PRIVATE): void {
	const temporary = writeBeside(path, contents, access, 'synced');
	renameInto(temporary, path);
	syncDirectory(dirname(path));
}

/**
 * Like replaceDurably, but nothing is synced: for files that may be lost in a power cut, such as progress.
 */
export function replaceWhole(path: string, contents: string | Uint8Array, access: Access = PRIVATE): void {
	renameInto(writeBeside(path, contents, access, 'unsynced'), path);
}

/**
 * Replaces a file by a copy with this mode and the old times. A process that holds the old file open keeps
 * the old inode, which is no longer at `path`. Nothing is synced. Trust: `path` is a regular file in a
 * directory where no other user can create names.
 */
export function renewFile(path: string, mode: number): void {
	const { atime, mtime } = lstatSync(path);
	const temporary = temporaryBeside(path);
	try {
		copyFileSync(path, temporary, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
		chmodSync(temporary, mode);
		utimesSync(temporary, atime, mtime);
	} catch (thrown) {
		rmSync(temporary, { force: true });
		throw thrown;
	}
	renameInto(temporary, path);
}

function temporaryBeside(path: string): string {
	return join(dirname(path), `.${process.pid}-${randomBytes(9).toString('hex')}.tmp`);
}

function writeBeside(
	path: string,
	contents: string | Uint8Array,
	access: Access,
	sync: 'synced' | 'unsynced',
): string {
	const temporary = temporaryBeside(path);
	const fd = openSync(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
	try {
		writeAll(fd, contents);
		if (access.uid !== undefined || access.gid !== undefined)
			fchownSync(fd, access.uid ?? -1, access.gid ?? -1);
		fchmodSync(fd, access.mode);
		if (sync === 'synced') fsyncSync(fd);
	} catch (thrown) {
		unlinkSync(temporary);
		throw thrown;
	} finally {
		closeSync(fd);
	}
	return temporary;
}

/**
 * Removes the temporary files that killed writers left in a directory; those of running writers stay. A file
 * with our own pid is from an earlier process: in a container the first process always has the same pid, and
 * our own writes finish before this is called.
 */
export function removeAbandoned(dir: string): void {
	for (const name of readdirSync(dir)) {
		const [, pid] = /^\.(\d+)-[0-9a-f]{18}\.tmp$/.exec(name) ?? [];
		if (pid === undefined || (Number(pid) !== process.pid && existsSync(`/proc/${pid}`))) continue;
		rmSync(join(dir, name), { force: true });
	}
}

function renameInto(temporary: string, path: string): void {
	try {
		renameSync(temporary, path);
	} catch (thrown) {
		unlinkSync(temporary);
		throw thrown;
	}
}
