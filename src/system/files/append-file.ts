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

/** A file to which durable lines are appended. */
export class AppendFile {
	readonly path: string;
	readonly #fd: number;
	#besides: 'none' | 'one' | 'one more' | 'closed' = 'none';

	/**
	 * Opens or creates the file. `keep` first truncates it to that length, because a power cut tore what
	 * follows. The kept part is on disk afterwards, even if it was only in memory when it was read.
	 */
	constructor(path: string, keep?: number) {
		this.path = path;
		this.#fd = openSync(path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW, 0o600);
		if (keep !== undefined) this.#keep(keep);
		syncDirectory(dirname(path));
	}

	/**
	 * Appends the text, or nothing of it when it throws. If the process is killed now, nothing is lost; a power
	 * cut may lose it until sync() returns.
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

	/** Returns once everything written is on disk. */
	sync(): void {
		fsyncSync(this.#fd);
	}

	/** Starts a sync in the background. Writes made during that sync cause one more. */
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

	/** Rewrites the kept bytes in place: after a failed sync the kernel considers its cached pages clean. */
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
