/**
 * A content-addressed store in a root-only directory: `<aa>/<sha256>`. A file that two releases share is
 * stored once. Every file is verified against its digest before it is stored.
 */
import { createHash } from 'node:crypto';
import {
	chmodSync,
	closeSync,
	constants,
	createReadStream,
	openSync,
	readdirSync,
	renameSync,
	rmSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { problem } from '../../model/base/error.ts';
import type { Sha256 } from '../../model/release/manifest.ts';
import { digestOf } from './digest.ts';
import { lookAt, makeDirectory, syncDirectory } from './directories.ts';
import { syncFileSystem } from './disk.ts';
import { writeAll } from './write-all.ts';

export interface StoredFile {
	readonly sha256: Sha256;
	/** Bytes. */
	readonly size: number;
	/** Its path in the release, for messages; several files of a release may have the same bytes. */
	readonly path?: string;
}

/**
 * Writes a file to a new path; the store verifies it afterwards. `onBytes` is called with the number of bytes
 * written so far.
 */
export type Transfer = (file: StoredFile, into: string, onBytes: (bytes: number) => void) => Promise<void>;

const { O_RDONLY, O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
const PIECE = 64 * 1024;
const WEEK = 7 * 86_400_000;
/** Suffix of a partly downloaded file (sources/publisher/fetch.ts). */
const PART = '.part';

export class ContentStore {
	readonly #dir: string;
	readonly #incoming: string;
	/** Complete files that are not settled yet. */
	readonly #came = new Set<Sha256>();

	/** Crash: unsettled files are verified again, and complete ones are not downloaded again. */
	constructor(dir: string) {
		this.#dir = dir;
		this.#incoming = join(dir, 'incoming');
		makeDirectory(this.#incoming, 0o700);
	}

	/** Returns the files that the store lacks, each digest once. */
	missing(files: readonly StoredFile[]): readonly StoredFile[] {
		const wanted = new Map(files.map((file) => [file.sha256, file]));
		return [...wanted.values()].filter((file) => lookAt(this.#pathOf(file.sha256))?.size !== file.size);
	}

	/**
	 * Returns how many bytes of a missing file remain to be downloaded: an earlier attempt may have left a
	 * part.
	 */
	lacking(file: StoredFile): number {
		const incoming = this.#incomingOf(file);
		const here = lookAt(incoming)?.size ?? lookAt(`${incoming}${PART}`)?.size ?? 0;
		return Math.max(0, file.size - here);
	}

	/**
	 * Downloads one file. Throws `content-mismatch` if its bytes do not match the digest; they are then
	 * removed.
	 */
	async take(
		file: StoredFile,
		transfer: Transfer,
		onBytes: (bytes: number) => void = () => undefined,
	): Promise<void> {
		await this.#download(file, transfer, onBytes);
		this.#came.add(file.sha256);
	}

	/**
	 * Downloads a file that is needed only temporarily, and returns it open for reading; the caller closes it.
	 * It never becomes part of the store, and stays until drop() is called, even across a crash. Throws like
	 * take.
	 */
	async borrow(file: StoredFile, transfer: Transfer, onBytes: (bytes: number) => void): Promise<number> {
		await this.#download(file, transfer, onBytes);
		return openSync(this.#incomingOf(file), O_RDONLY | O_NOFOLLOW);
	}

	async #download(file: StoredFile, transfer: Transfer, onBytes: (bytes: number) => void): Promise<void> {
		const into = this.#incomingOf(file);
		if (isWhole(into, file)) return;
		rmSync(into, { force: true, recursive: true });
		await transfer(file, into, onBytes);
		if (isWhole(into, file)) return;
		rmSync(into, { force: true, recursive: true });
		throw refused(file);
	}

	/**
	 * Stores one file from a stream, which it reads to the end. A file that the store already has is compared
	 * and not written again. Returns whether the bytes match the file; other bytes are removed.
	 */
	async pour(file: StoredFile, pieces: AsyncIterable<Buffer>): Promise<'taken' | 'other bytes'> {
		const into = this.#incomingOf(file);
		const isHere = this.#came.has(file.sha256) || this.missing([file]).length === 0;
		if (!isHere && lookAt(into) !== undefined) rmSync(into, { recursive: true });
		const fd = isHere ? undefined : openSync(into, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
		try {
			const isRight = await copyHashed(pieces, file, fd);
			if (isRight && fd !== undefined) this.#came.add(file.sha256);
			return isRight ? 'taken' : 'other bytes';
		} finally {
			if (fd !== undefined) closeSync(fd);
			if (fd !== undefined && !this.#came.has(file.sha256)) rmSync(into, { force: true });
		}
	}

	/** Makes all complete files durable, then moves them into the store. */
	async settle(): Promise<void> {
		await syncFileSystem(this.#dir);
		const homes = new Set([...this.#came].map((digest) => dirname(this.#pathOf(digest))));
		for (const home of homes) makeDirectory(home, 0o700);
		for (const digest of this.#came) renameSync(join(this.#incoming, digest), this.#pathOf(digest));
		for (const home of homes) syncDirectory(home);
		this.#came.clear();
	}

	/** Removes all files that are not settled. */
	abandon(): void {
		for (const digest of this.#came) rmSync(join(this.#incoming, digest), { force: true });
		this.#came.clear();
	}

	/** Removes a borrowed file, complete or partial. */
	drop(file: StoredFile): void {
		for (const path of [this.#incomingOf(file), `${this.#incomingOf(file)}${PART}`])
			rmSync(path, { force: true });
	}

	/**
	 * Streams a file. If its bytes no longer match the digest, the file is removed so that it is downloaded
	 * again. Throws `content-changed`.
	 */
	async *read(file: StoredFile): AsyncGenerator<Buffer> {
		const path = this.#pathOf(file.sha256);
		const hash = createHash('sha256');
		try {
			for await (const piece of createReadStream(path, { highWaterMark: PIECE })) {
				hash.update(piece);
				yield piece;
			}
		} catch (thrown) {
			throw damaged(file, thrown);
		}
		if (hash.digest('hex') === file.sha256) return;
		rmSync(path, { force: true });
		throw damaged(file, undefined);
	}

	/**
	 * Removes all files except these, and partial files older than a week, so that a connection that fails
	 * every night can still resume. Returns how many files were removed. `now` is in milliseconds since 1970.
	 */
	keepOnly(files: readonly StoredFile[], now: number): number {
		const kept = new Set<string>(files.map((file) => file.sha256));
		const homes = readdirSync(this.#dir).filter((name) => /^[0-9a-f]{2}$/.test(name));
		const all = homes.flatMap((home) => readdirSync(join(this.#dir, home)));
		const old = all.filter((name) => !kept.has(name)).map((name) => this.#pathOf(name));
		const halves = readdirSync(this.#incoming).map((name) => join(this.#incoming, name));
		const rubbish = halves.filter((path) => now - (lookAt(path)?.mtimeMs ?? now) > WEEK);
		for (const path of [...old, ...rubbish]) rmSync(path, { force: true, recursive: true });
		return old.length;
	}

	#pathOf(digest: string): string {
		return join(this.#dir, digest.slice(0, 2), digest);
	}

	#incomingOf({ sha256 }: StoredFile): string {
		return join(this.#incoming, sha256);
	}
}

/**
 * Hashes the pieces and writes them if there is a descriptor. Returns whether they match the file; never
 * writes more than the file's size.
 */
async function copyHashed(
	pieces: AsyncIterable<Buffer>,
	{ size, sha256 }: StoredFile,
	fd: number | undefined,
): Promise<boolean> {
	const hash = createHash('sha256');
	let length = 0;
	for await (const piece of pieces) {
		hash.update(piece);
		length += piece.length;
		if (fd !== undefined && length <= size) writeAll(fd, piece);
	}
	return length === size && hash.digest('hex') === sha256;
}

/**
 * Returns whether `path` is a regular file with this digest. The mode is restricted first, so no other user
 * can change the file in between.
 */
function isWhole(path: string, file: StoredFile): boolean {
	const stats = lookAt(path);
	if (stats?.isFile() !== true || stats.size !== file.size) return false;
	chmodSync(path, 0o600);
	return digestOf(path) === file.sha256;
}

function refused(file: StoredFile): Error {
	return problem(
		'content-mismatch',
		`cannot take the file ${nameOf(file)}: what came has another digest or length`,
		'ask again; if it stays so, the source or its mirror is damaged or dishonest: tell who publishes there',
		{ retry: 'later', facts: { file: nameOf(file), sha256: file.sha256, size: file.size } },
	);
}

function damaged(file: StoredFile, cause: unknown): Error {
	return problem(
		'content-changed',
		`cannot read the file ${nameOf(file)} of the store: it is damaged`,
		'ask again: it is brought anew',
		{
			retry: 'now',
			facts: { file: nameOf(file), sha256: file.sha256 },
			cause,
		},
	);
}

function nameOf({ path, sha256 }: StoredFile): string {
	return path === undefined ? `${sha256.slice(0, 16)}…` : JSON.stringify(path);
}
