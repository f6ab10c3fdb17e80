/**
 * Files that survive a power cut, and files that another user may have planted. `write-file-atomic` leaves
 * out the fsync of the directory and opens a name that can be guessed, so these few lines are ours
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
	fdatasync,
	fstatSync,
	fsyncSync,
	ftruncateSync,
	lstatSync,
	mkdirSync,
	openSync,
	readdirSync,
	readSync,
	renameSync,
	rmSync,
	type Stats,
	unlinkSync,
	utimesSync,
	writeSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { writeAll } from './write-all.ts';

const { O_RDONLY, O_WRONLY, O_RDWR, O_CREAT, O_EXCL, O_APPEND, O_NOFOLLOW, O_NONBLOCK, O_DIRECTORY } =
	constants;

/** Who may read and write a new file. `uid` and `gid` are given only where root writes for others to read. */
export interface Access {
	readonly mode: number;
	readonly uid?: number;
	readonly gid?: number;
}

const PRIVATE: Access = { mode: 0o600 };

/**
 * Replaces the file at `path` by one with these contents. Crash: after it returns the new contents are on
 * disk; cut inside it, the old file or the new one stands there whole, and at most a hidden temporary file
 * beside it. A link at `path` is replaced, never followed.
 */
export function replaceDurably(path: string, contents: string | Uint8Array, access: Access = PRIVATE): void {
	const temporary = writeBeside(path, contents, access, 'synced');
	renameInto(temporary, path);
	syncDirectory(dirname(path));
}

/** As replaceDurably, for what may be lost in a power cut (progress): readers never meet half a file. */
export function replaceWhole(path: string, contents: string | Uint8Array, access: Access = PRIVATE): void {
	renameInto(writeBeside(path, contents, access, 'unsynced'), path);
}

/**
 * Puts a copy in the place of a file, with this mode and the times of the old one: who holds that one open
 * reads and writes it alone. Nothing is synced. Trust: a regular file lies there, in a directory where nobody
 * else makes names.
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
 * Removes the temporary files that writers who were killed left in a directory; those of living ones stay.
 * One with our own number is of an earlier process: in a container everybody who starts first has the same
 * number, and our own writes do not stop half-way to come here.
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

/** Makes the names in a directory durable. Files in it are synced by those who write them. */
export function syncDirectory(path: string): void {
	const fd = openSync(path, O_RDONLY | O_DIRECTORY);
	try {
		fsyncSync(fd);
	} finally {
		closeSync(fd);
	}
}

/**
 * Makes a directory and its parents with this mode, whatever the umask, durably. One that exists stays as it
 * is.
 */
export function makeDirectory(path: string, mode: number): void {
	const first = mkdirSync(path, { recursive: true, mode });
	if (first === undefined) return;
	for (let made = resolve(path); made.startsWith(resolve(first)); made = dirname(made)) {
		chmodSync(made, mode);
		syncDirectory(dirname(made));
	}
}

/** Removes a file or a whole tree, if it is there. Links in it are removed, not followed. */
export function removeTree(path: string): void {
	rmSync(path, { recursive: true, force: true, maxRetries: 3 });
}

/**
 * Returns what stands at `path`, links not followed, or undefined: nothing, or a file where a directory on
 * the way should be.
 */
export function lookAt(path: string): Stats | undefined {
	try {
		return lstatSync(path);
	} catch (thrown) {
		if (errnoOf(thrown) === 'ENOENT' || errnoOf(thrown) === 'ENOTDIR') return undefined;
		throw thrown;
	}
}

export type ReadFile =
	| { readonly kind: 'file'; readonly bytes: Buffer; readonly stats: Stats }
	| { readonly kind: 'missing' }
	/** Not a plain file: a link, a FIFO, a directory, a device. */
	| { readonly kind: 'irregular'; readonly why: string }
	| { readonly kind: 'too-large'; readonly size: number };

/**
 * Reads a small file that anybody may have put there: once, by one descriptor, never through a link, never
 * waiting on a FIFO, never more than `limit` bytes.
 */
export function readSmall(path: string, limit: number): ReadFile {
	const opened = openPlain(path);
	return typeof opened === 'number' ? readOpened(opened, limit) : opened;
}

/** As readSmall, of a file that is open already; closes it. */
export function readOpened(fd: number, limit: number): ReadFile {
	try {
		const stats = fstatSync(fd);
		if (!stats.isFile()) return { kind: 'irregular', why: kindOf(stats) };
		if (stats.size > limit) return { kind: 'too-large', size: stats.size };
		const bytes = readUpTo(fd, stats.size, limit + 1);
		return bytes.length > limit ? { kind: 'too-large', size: bytes.length } : { kind: 'file', bytes, stats };
	} finally {
		closeSync(fd);
	}
}

/**
 * Reads on to the end, or to `most` bytes. `expected` is a guess: the file may have grown since, and files of
 * /proc tell no size.
 */
function readUpTo(fd: number, expected: number, most: number): Buffer {
	// One byte more than expected: where that stays empty the file has ended.
	let bytes = Buffer.alloc(Math.min(expected + 1, most));
	for (let length = 0; ; ) {
		const got = readSync(fd, bytes, length, bytes.length - length, null);
		length += got;
		if (got === 0 || length === most) return bytes.subarray(0, length);
		if (length === bytes.length) bytes = Buffer.concat([bytes], Math.min(2 * length, most));
	}
}

/** What `readSmall` tells of a path that is nothing to read. */
export type NoFile = Extract<ReadFile, { kind: 'missing' | 'irregular' }>;

/**
 * Opens what may be anything, never through a link and never waiting on a FIFO; the caller looks what it is,
 * and closes it.
 */
export function openPlain(path: string): number | NoFile {
	try {
		return openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
	} catch (thrown) {
		const code = errnoOf(thrown);
		if (code === 'ENOENT' || code === 'ENOTDIR') return { kind: 'missing' };
		if (code === 'ELOOP') return { kind: 'irregular', why: 'a symbolic link' };
		if (code === 'ENXIO' || code === 'ENODEV') return { kind: 'irregular', why: 'a socket or device' };
		throw thrown;
	}
}

/** Returns what it is, if it is no file, in words. */
export function kindOf(stats: Stats): string {
	if (stats.isDirectory()) return 'a directory';
	if (stats.isFIFO()) return 'a FIFO';
	if (stats.isSocket()) return 'a socket';
	return 'a device';
}

/** Returns the errno name of something thrown (`ENOENT`), or an empty text. */
export function errnoOf(thrown: unknown): string {
	return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : '';
}

/** A file that only grows, one durable line at a time: the journal and karen's ledger. */
export class AppendFile {
	readonly path: string;
	readonly #fd: number;
	#besides: 'none' | 'one' | 'one more' | 'closed' = 'none';

	/**
	 * Opens or makes the file; `keep` cuts it to that length first: what follows was torn by a power cut. What
	 * is kept is on disk after that, also where it had been read from memory alone.
	 */
	constructor(path: string, keep?: number) {
		this.path = path;
		this.#fd = openSync(path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW, 0o600);
		if (keep !== undefined) this.#keep(keep);
		syncDirectory(dirname(path));
	}

	/**
	 * Writes the text at the end, or nothing of it when it throws. A process that is killed now loses nothing;
	 * a power cut may, until sync() returns.
	 */
	write(text: string): void {
		const { size } = fstatSync(this.#fd);
		try {
			writeAll(this.#fd, text);
		} catch (thrown) {
			ftruncateSync(this.#fd, size);
			throw thrown;
		}
	}

	/** Returns when all that was written is on disk. */
	sync(): void {
		fsyncSync(this.#fd);
	}

	/**
	 * Starts bringing what was written to disk, and returns at once. What is written while that goes on gets
	 * one sync more.
	 */
	syncBeside(failed: (thrown: Error) => void): void {
		if (this.#besides !== 'none') {
			if (this.#besides === 'one') this.#besides = 'one more';
			return;
		}
		this.#besides = 'one';
		fdatasync(this.#fd, (thrown) => {
			if (this.#besides === 'closed') return;
			const isOneMoreOwed = this.#besides === 'one more';
			this.#besides = 'none';
			if (thrown !== null) failed(thrown);
			if (isOneMoreOwed) this.syncBeside(failed);
		});
	}

	/** Written again in its place: after a sync that failed the kernel takes what it holds for written. */
	#keep(length: number): void {
		const fd = openSync(this.path, O_RDWR | O_NOFOLLOW);
		try {
			ftruncateSync(fd, length);
			const bytes = Buffer.alloc(length);
			for (let at = 0, got = -1; got !== 0; at += got) got = readSync(fd, bytes, at, length - at, at);
			for (let at = 0; at < length; ) at += writeSync(fd, bytes, at, length - at, at);
			fsyncSync(fd);
		} finally {
			closeSync(fd);
		}
	}

	close(): void {
		this.#besides = 'closed';
		closeSync(this.#fd);
	}
}
