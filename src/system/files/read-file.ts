/**
 * Reads untrusted files through one descriptor: never follows a link, never blocks on a FIFO, never reads
 * more than a limit.
 */
import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { errnoOf } from '../../model/base/errno.ts';

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;

export type ReadFile =
	| { readonly kind: 'file'; readonly bytes: Buffer; readonly stats: Stats }
	| { readonly kind: 'missing' }
	/** Not a regular file: a link, a FIFO, a directory, a device. */
	| { readonly kind: 'irregular'; readonly why: string }
	| { readonly kind: 'too-large'; readonly size: number };

/**
 * Reads a small untrusted file once through one descriptor: never follows a link, never blocks on a FIFO,
 * never reads more than `limit` bytes.
 */
export function readSmall(path: string, limit: number): ReadFile {
	const opened = openPlain(path);
	return typeof opened === 'number' ? readOpened(opened, limit) : opened;
}

/** Like readSmall, for a file that is already open. Closes it. */
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
 * Reads to the end or up to `most` bytes. `expected` is only a guess: the file may have grown, and files in
 * /proc report no size.
 */
function readUpTo(fd: number, expected: number, most: number): Buffer {
	// One byte more than expected: if it stays empty, the file has ended.
	let bytes = Buffer.alloc(Math.min(expected + 1, most));
	for (let length = 0; ; ) {
		const got = readSync(fd, bytes, length, bytes.length - length, null);
		length += got;
		if (got === 0 || length === most) return bytes.subarray(0, length);
		if (length === bytes.length) bytes = Buffer.concat([bytes], Math.min(2 * length, most));
	}
}

/** What `readSmall` returns for a path that cannot be read as a file. */
export type NoFile = Extract<ReadFile, { kind: 'missing' | 'irregular' }>;

/**
 * Opens an untrusted path, never following a link and never blocking on a FIFO. The caller checks the file
 * type and closes the descriptor.
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

/** Names the type of a file that is not regular. */
export function kindOf(stats: Stats): string {
	if (stats.isDirectory()) return 'a directory';
	if (stats.isFIFO()) return 'a FIFO';
	if (stats.isSocket()) return 'a socket';
	return 'a device';
}
