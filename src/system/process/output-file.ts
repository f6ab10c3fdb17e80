/**
 * What a program prints, in a file of bounded size. A file and no pipe: what hooks and triggers leave running
 * goes on printing when we are gone, and a broken pipe would kill it.
 */
import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';

const { O_RDWR, O_CREAT, O_APPEND, O_NOFOLLOW } = constants;

/** Bytes that are moved at once while a program goes on printing. */
const CHUNK = 65_536;

export class OutputFile {
	/** For the program's stdout and stderr. */
	readonly fd: number;
	/** For what is written at a place of its own: what `fd` writes goes to the end, wherever it is told to. */
	readonly #placed: number;
	readonly #limit: number;
	#leftOut = 0;

	/**
	 * Opens or makes the file at `path`; of what is printed the last `limit` bytes are kept, at most twice as
	 * many lie on disk for a moment.
	 */
	constructor(path: string, limit: number) {
		this.fd = openSync(path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW, 0o600);
		this.#placed = openSync(path, O_RDWR | O_NOFOLLOW);
		this.#limit = limit;
	}

	/**
	 * Cuts what is beyond the limit; to be called every fraction of a second while the program runs, and at its
	 * end. What the program prints meanwhile keeps its place at the end; lost is only what comes within the one
	 * call that cuts.
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
	 * Moves what stands from `from` on to `to`, until nothing more comes, or `most` bytes and a chunk; returns
	 * how many.
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
