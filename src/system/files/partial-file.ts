/**
 * A file that is being downloaded. Its bytes are hashed as they are written; those of an earlier attempt are
 * hashed again first.
 */
import { createHash, type Hash } from 'node:crypto';
import {
	closeSync,
	constants,
	fstatSync,
	fsyncSync,
	ftruncateSync,
	openSync,
	readSync,
	renameSync,
	rmSync,
	writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import type { Sha256 } from '../../model/release/manifest.ts';
import { lookAt, syncDirectory } from './directories.ts';

const { O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
const PIECE = 1024 * 1024;

export class PartialFile {
	readonly #path: string;
	readonly #fd: number;
	#hash: Hash = createHash('sha256');
	#length = 0;

	/**
	 * Opens what an earlier attempt left at `path`, or creates the file. No other user may be able to write to
	 * the directory.
	 */
	constructor(path: string) {
		const found = lookAt(path);
		if (found !== undefined && !(found.isFile() && found.nlink === 1)) rmSync(path, { recursive: true });
		this.#path = path;
		this.#fd = openSync(
			path,
			O_RDWR | O_NOFOLLOW | (found?.isFile() === true && found.nlink === 1 ? 0 : O_CREAT | O_EXCL),
			0o600,
		);
		this.#readBack(fstatSync(this.#fd).size);
	}

	get length(): number {
		return this.#length;
	}

	append(bytes: Buffer): void {
		for (let at = 0; at < bytes.length; )
			at += writeSync(this.#fd, bytes, at, bytes.length - at, this.#length + at);
		this.#hash.update(bytes);
		this.#length += bytes.length;
	}

	/** Truncates the file to zero bytes. */
	restart(): void {
		ftruncateSync(this.#fd, 0);
		this.#hash = createHash('sha256');
		this.#length = 0;
	}

	/** Returns the digest of the bytes so far. */
	digest(): Sha256 {
		// node:crypto returns 64 hexadecimal digits.
		return this.#hash.copy().digest('hex') as Sha256;
	}

	/** Makes the file durable and renames it to `path`, replacing an existing file. */
	finish(path: string): void {
		fsyncSync(this.#fd);
		closeSync(this.#fd);
		renameSync(this.#path, path);
		syncDirectory(dirname(path));
	}

	/** `kept`: a later attempt resumes it. */
	abandon(rest: 'kept' | 'removed'): void {
		closeSync(this.#fd);
		if (rest === 'removed') rmSync(this.#path, { force: true });
	}

	#readBack(size: number): void {
		const piece = Buffer.alloc(Math.min(PIECE, size));
		while (this.#length < size) {
			const got = readSync(this.#fd, piece, 0, piece.length, this.#length);
			if (got === 0) return;
			this.#hash.update(piece.subarray(0, got));
			this.#length += got;
		}
	}
}
