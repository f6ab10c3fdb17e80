/** Writes files in directories where no other user can write: what authors and init write. */
import { closeSync, constants, lstatSync, openSync, rmSync, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { problem } from '../../model/base/error.ts';
import { lookAt, syncDirectory } from './directories.ts';
import { replaceDurably } from './replace-file.ts';
import { writeAll } from './write-all.ts';

/**
 * Replaces a file through write-file-atomic. Used for what authors and init write; root's state, the journal,
 * `statuses/` and signals use replaceDurably, whose temporary name cannot be guessed (docs/decisions/0026).
 * An existing file keeps its owner. A link at `path` is replaced, never followed. Where others can write to
 * the directory, replaceDurably does the work here too.
 * Crash: once it returns the new contents are on disk; before that, the old file or the new one is there
 * whole, and at most a temporary file beside it. A full disk leaves the old file. Throws `io-error` and the
 * kernel's errors.
 */
export function writePrivateFile(path: string, contents: string | Uint8Array, mode: number): void {
	const bytes = typeof contents === 'string' ? Buffer.from(contents, 'utf8') : contents;
	if (othersWrite(statSync(dirname(path)))) replaceDurably(path, bytes, { mode });
	else replaceByPackage(path, bytes, mode);
}

function replaceByPackage(path: string, bytes: Uint8Array, mode: number): void {
	// write-file-atomic follows a link at the path.
	if (lookAt(path)?.isSymbolicLink() === true) rmSync(path);
	writeFileAtomic.sync(path, bytes, { mode, tmpfileCreated: (temporary) => fill(temporary, bytes) });
	syncDirectory(dirname(path));
	if (lstatSync(path).size !== bytes.length) throw cutShort(path);
}

function othersWrite({ uid, mode }: Stats): boolean {
	return (mode & 0o022) !== 0 || uid !== process.geteuid?.();
}

/**
 * Writes the whole contents before the package does: the package calls write once and treats a short write,
 * as on an almost full disk, as complete. An error thrown here leaves the old file; the second write only
 * repeats bytes that are there.
 */
function fill(temporary: string, bytes: Uint8Array): void {
	const fd = openSync(temporary, constants.O_WRONLY | constants.O_NOFOLLOW);
	try {
		writeAll(fd, bytes);
	} finally {
		closeSync(fd);
	}
}

function cutShort(path: string): Error {
	return problem(
		'io-error',
		`cannot write ${path}: not all of it is on disk`,
		'check the disk, then repeat it',
		{
			facts: { path },
		},
	);
}
