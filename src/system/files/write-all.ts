/** The kernel may take less than it is given at once: what counts is written until all is taken. */
import { writeSync } from 'node:fs';

/**
 * Writes all of the contents (text as UTF-8) where the descriptor stands. Throws what the kernel says; some
 * of it may be written then.
 */
export function writeAll(fd: number, contents: string | Uint8Array): void {
	const bytes = typeof contents === 'string' ? Buffer.from(contents, 'utf8') : contents;
	for (let written = 0; written < bytes.length; ) written += writeSync(fd, bytes, written);
}
