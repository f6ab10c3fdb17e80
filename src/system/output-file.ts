/**
 * What a program prints, in a file of bounded size. A file and no pipe: what hooks and triggers leave running goes on
 * printing when we are gone, and a broken pipe would kill it.
 */
import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';

const { O_RDWR, O_CREAT, O_APPEND, O_NOFOLLOW } = constants;

export class OutputFile {
	/** For the program's stdout and stderr. */
	readonly fd: number;
	readonly #limit: number;
	#leftOut = 0;

	/** Opens or makes the file at `path`; of what is printed the last `limit` bytes are kept, at most twice as many lie on disk for a moment. */
	constructor(path: string, limit: number) {
		this.fd = openSync(path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW, 0o600);
		this.#limit = limit;
	}

	/** Cuts what is beyond the limit; to be called every fraction of a second while the program runs, and at its end. */
	trim(): void {
		const { size } = fstatSync(this.fd);
		if (size <= this.#limit) return;
		const kept = this.#read(Math.floor(this.#limit / 2));
		this.#leftOut += size - kept.length;
		ftruncateSync(this.fd, 0);
		writeSync(this.fd, `[${this.#leftOut} bytes left out]\n`);
		writeSync(this.fd, kept);
	}

	/** Returns the last `length` bytes as text. */
	tail(length: number): string {
		return this.#read(length).toString('utf8');
	}

	close(): void {
		closeSync(this.fd);
	}

	#read(length: number): Buffer {
		const { size } = fstatSync(this.fd);
		const bytes = Buffer.alloc(Math.min(length, size));
		const got = readSync(this.fd, bytes, 0, bytes.length, size - bytes.length);
		return bytes.subarray(0, got);
	}
}
