/**
 * Captures a program's output in a file of bounded size. A pipe would break when we exit, and kill what hooks
 * and triggers leave running.
 */
import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';

const { O_RDWR, O_CREAT, O_APPEND, O_NOFOLLOW } = constants;

/** Bytes moved at once while a program continues to print. */
const CHUNK = 65_536;

export class OutputFile {
	/** For the program's stdout and stderr. */
	readonly fd: number;
	/** For writes at a chosen offset: `fd` always appends. */
	readonly #placed: number;
	readonly #limit: number;
	#leftOut = 0;

	/**
	 * Opens or creates the file at `path`. The last `limit` bytes of output are kept; up to twice as many are
	 * on disk for a moment.
	 */
	constructor(path: string, limit: number) {
		this.fd = openSync(path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW, 0o600);
		this.#placed = openSync(path, O_RDWR | O_NOFOLLOW);
		this.#limit = limit;
	}

	/**
	 * Cuts the file to the limit. Call it every fraction of a second while the program runs, and once at its
	 * end. Output printed meanwhile keeps its place at the end; only what is printed within the cut itself can
	 * be lost.
	 */
	trim(): void {
		const size = this.#size();
		if (size <= this.#limit) return;
		const half = Math.floor(this.#limit / 2);
		const kept = this.#read(size - half, half);
		const note = Buffer.from(`[${this.#leftOut + size - kept.length} bytes left out]\n`);
		writeSync(this.#placed, note, 0, note.length, 0);
		writeSync(this.#placed, kept, 0, kept.length, note.length);
		const moved = this.#move(size, note.length + kept.length, half);
		this.#leftOut += this.#size() - kept.length - moved;
		ftruncateSync(this.#placed, note.length + kept.length + moved);
	}

	/** Returns the last `length` bytes as text. */
	tail(length: number): string {
		const size = this.#size();
		return this.#read(Math.max(0, size - length), Math.min(length, size)).toString('utf8');
	}

	close(): void {
		closeSync(this.#placed);
		closeSync(this.fd);
	}

	#size(): number {
		return fstatSync(this.fd).size;
	}

	#read(from: number, length: number): Buffer {
		const bytes = Buffer.alloc(length);
		return bytes.subarray(0, readSync(this.fd, bytes, 0, length, from));
	}

	/**
	 * Moves the bytes from offset `from` to `to`, until none are left or `most` bytes and a chunk were moved.
	 * Returns how many.
	 */
	#move(from: number, to: number, most: number): number {
		let moved = 0;
		while (moved < most) {
			const bytes = this.#read(from + moved, CHUNK);
			if (bytes.length === 0) break;
			moved += writeSync(this.#placed, bytes, 0, bytes.length, to + moved);
		}
		return moved;
	}
}
