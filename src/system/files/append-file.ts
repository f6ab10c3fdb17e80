/** An append-only file whose lines are durable: the journal and karen's ledger. */
import {
	closeSync,
	constants,
	fdatasync,
	fstatSync,
	fsyncSync,
	ftruncateSync,
	openSync,
	readSync,
	writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { syncDirectory } from './directories.ts';
import { writeAll } from './write-all.ts';

const { O_RDWR, O_CREAT, O_APPEND, O_NOFOLLOW } = constants;

/** A file that only grows, one durable line at a time: the journal and karen's ledger. */
export class AppendFile {
	readonly path: string;
	readonly #fd: number;
	#besides: 'none' | 'one' | 'one more' | 'closed' = 'none';

	/**
	 * Opens or makes the file; `keep` cuts it to that length first: what follows was torn by a power cut. What
	 * is kept is on disk after that, also where it had been read from memory alone.
	 */
	constructor(path: string, keep?: number) {
		this.path = path;
		this.#fd = openSync(path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW, 0o600);
		if (keep !== undefined) this.#keep(keep);
		syncDirectory(dirname(path));
	}

	/**
	 * Writes the text at the end, or nothing of it when it throws. A process that is killed now loses nothing;
	 * a power cut may, until sync() returns.
	 */
	write(text: string): void {
		const { size } = fstatSync(this.#fd);
		try {
			writeAll(this.#fd, text);
		} catch (thrown) {
			ftruncateSync(this.#fd, size);
			throw thrown;
		}
	}

	/** Returns when all that was written is on disk. */
	sync(): void {
		fsyncSync(this.#fd);
	}

	/**
	 * Starts bringing what was written to disk, and returns at once. What is written while that goes on gets
	 * one sync more.
	 */
	syncBeside(failed: (thrown: Error) => void): void {
		if (this.#besides !== 'none') {
			if (this.#besides === 'one') this.#besides = 'one more';
			return;
		}
		this.#besides = 'one';
		fdatasync(this.#fd, (thrown) => {
			if (this.#besides === 'closed') return;
			const isOneMoreOwed = this.#besides === 'one more';
			this.#besides = 'none';
			if (thrown !== null) failed(thrown);
			if (isOneMoreOwed) this.syncBeside(failed);
		});
	}

	/** Written again in its place: after a sync that failed the kernel takes what it holds for written. */
	#keep(length: number): void {
		const fd = openSync(this.path, O_RDWR | O_NOFOLLOW);
		try {
			ftruncateSync(fd, length);
			const bytes = Buffer.alloc(length);
			for (let at = 0, got = -1; got !== 0; at += got) got = readSync(fd, bytes, at, length - at, at);
			for (let at = 0; at < length; ) at += writeSync(fd, bytes, at, length - at, at);
			fsyncSync(fd);
		} finally {
			closeSync(fd);
		}
	}

	close(): void {
		this.#besides = 'closed';
		closeSync(this.#fd);
	}
}
