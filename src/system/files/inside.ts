/**
 * Reads files below a directory that another user controls, such as a USB stick or a share. A link in it may
 * name any file that root can read.
 */
import { closeSync, fstatSync, readlinkSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '../../model/base/errno.ts';
import { type NoFile, openPlain, type ReadFile, readOpened } from './read-file.ts';

export type OpenedInside =
	| { readonly kind: 'opened'; readonly fd: number }
	| { readonly kind: 'no-directory' }
	| NoFile;

/**
 * Opens a regular file below `dir` for reading; the caller closes it. Its real location is read from the open
 * descriptor, so a link cannot be swapped in between. `dir` itself may be reached through a link.
 */
export function openInside(dir: string, path: string): OpenedInside {
	const base = realpathOf(dir);
	if (base === undefined) return { kind: 'no-directory' };
	const fd = openPlain(join(base, path));
	if (typeof fd !== 'number') return fd;
	const why = probeMisfit(fd, base);
	if (why === undefined) return { kind: 'opened', fd };
	closeSync(fd);
	return { kind: 'irregular', why };
}

/** Reads a small file below `dir`, at most `limit` bytes. */
export function readInside(
	dir: string,
	path: string,
	limit: number,
): ReadFile | { readonly kind: 'no-directory' } {
	const opened = openInside(dir, path);
	return opened.kind === 'opened' ? readOpened(opened.fd, limit) : opened;
}

function realpathOf(dir: string): string | undefined {
	try {
		return realpathSync(dir);
	} catch (thrown) {
		if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes(errnoOf(thrown))) return undefined;
		throw thrown;
	}
}

function probeMisfit(fd: number, base: string): string | undefined {
	if (!fstatSync(fd).isFile()) return 'no plain file';
	return readlinkSync(`/proc/self/fd/${fd}`).startsWith(`${base}/`)
		? undefined
		: 'reached through a link that leads out';
}
