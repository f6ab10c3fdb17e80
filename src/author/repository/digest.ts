/** Computes the digest of a file on disk in pieces. */
import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import type { Sha256 } from '../../model/release/manifest.ts';

const PIECE = 1024 * 1024;

export function digestOfFile(path: string): Sha256 {
	const hash = createHash('sha256');
	const piece = Buffer.allocUnsafe(PIECE);
	const fd = openSync(path, 'r');
	try {
		for (let got = readSync(fd, piece); got > 0; got = readSync(fd, piece))
			hash.update(piece.subarray(0, got));
	} finally {
		closeSync(fd);
	}
	return hash.digest('hex') as Sha256;
}
