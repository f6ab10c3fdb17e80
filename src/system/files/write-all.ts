/** Writes all bytes: one write call may accept only a part of them. */
import { writeSync } from 'node:fs';

/**
 * Writes the whole contents (text as UTF-8) at the position of the descriptor. Throws the kernel's errors; a
 * part may be written by then.
 */
export function writeAll(fd: number, contents: string | Uint8Array): void {
	const bytes = typeof contents === 'string' ? Buffer.from(contents, 'utf8') : contents;
	for (let written = 0; written < bytes.length; ) written += writeSync(fd, bytes, written);
}
