/** Hashes files. */
import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

const PIECE = 1024 * 1024;

/**
 * Returns the SHA-256 of a file of any length in hexadecimal. A link at `path` is not followed. Trust: the
 * caller knows that `path` is a regular file.
 */
export function digestOf(path: string): string {
	const hash = createHash('sha256');
	const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
	try {
		const piece = Buffer.alloc(Math.min(PIECE, fstatSync(fd).size + 1));
		for (let got = readSync(fd, piece); got > 0; got = readSync(fd, piece))
			hash.update(piece.subarray(0, got));
	} finally {
		closeSync(fd);
	}
	return hash.digest('hex');
}
