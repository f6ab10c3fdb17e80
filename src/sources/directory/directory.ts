/** A published repository in a directory: a USB stick, a share, a local mirror. Uses no network. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { contentPath } from '../../model/publication/repository.ts';
import type { Transfer } from '../../system/files/content-store.ts';
import { openInside } from '../../system/files/inside.ts';
import { writeAll } from '../../system/files/write-all.ts';
import { metadataRefused, noDirectory } from '../metadata.ts';

const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
const PIECE = 256 * 1024;

/**
 * Returns a function that copies a file of the directory, at most as many bytes as its listed size. Throws
 * the `source-…` codes.
 */
export function transferFrom(dir: string): Transfer {
	return async (file, into, onBytes) => {
		const path = contentPath(file.sha256);
		const opened = openInside(dir, path);
		switch (opened.kind) {
			case 'no-directory':
				throw noDirectory(dir);
			case 'missing':
				throw metadataRefused(dir, path, 'it is not there');
			case 'irregular':
				throw metadataRefused(dir, path, `it is ${opened.why}`);
			case 'opened':
				await copy(opened.fd, into, file.size, onBytes);
		}
	};
}

/** Copies the file and closes `from`. A file whose size differs from the listed one is not copied at all. */
async function copy(
	from: number,
	into: string,
	size: number,
	onBytes: (bytes: number) => void,
): Promise<void> {
	const to = openSync(into, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
	try {
		const piece = Buffer.alloc(Math.min(PIECE, size + 1));
		let left = fstatSync(from).size === size ? size : 0;
		for (let got = -1; left > 0 && got !== 0; left -= got) {
			got = readSync(from, piece, 0, Math.min(piece.length, left), null);
			writeAll(to, piece.subarray(0, got));
			onBytes(size - left + got);
			// Yields to other work while a long file is copied.
			await setImmediate();
		}
	} finally {
		closeSync(to);
		closeSync(from);
	}
}
