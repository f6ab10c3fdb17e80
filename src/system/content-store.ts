/**
 * Files by their digest, in a directory of root's own: `<aa>/<sha256>`. What two releases share is there once. A file comes in
 * under its digest, or not at all.
 */
import { createHash } from 'node:crypto';
import { chmodSync, closeSync, createReadStream, openSync, readdirSync, readSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { problem } from '../model/error.ts';
import type { Sha256 } from '../model/manifest.ts';
import { syncFileSystem } from './disk.ts';
import { lookAt, makeDirectory, syncDirectory } from './files.ts';

export interface StoredFile {
	readonly sha256: Sha256;
	/** Bytes. */
	readonly size: number;
}

/** Writes a file to the path it is given, which is new; whether it is the right one is looked at afterwards. */
export type Carry = (file: StoredFile, into: string) => Promise<void>;

const PIECE = 64 * 1024;
const WEEK = 7 * 86_400_000;

export class ContentStore {
	readonly #dir: string;
	readonly #incoming: string;

	/** Crash: what came in and was not settled is looked at again, and not brought again when it is whole. */
	constructor(dir: string) {
		this.#dir = dir;
		this.#incoming = join(dir, 'incoming');
		makeDirectory(this.#incoming, 0o700);
	}

	/** Returns those of the files that have to be brought, each digest once. */
	missing(files: readonly StoredFile[]): readonly StoredFile[] {
		const wanted = new Map(files.map((file) => [file.sha256, file]));
		return [...wanted.values()].filter((file) => lookAt(this.#pathOf(file.sha256))?.size !== file.size);
	}

	/** Takes one file in. Throws `content-mismatch` for other bytes than its digest says; nothing of them stays. */
	async take(file: StoredFile, carry: Carry): Promise<void> {
		const into = join(this.#incoming, file.sha256);
		if (isWhole(into, file)) return;
		rmSync(into, { force: true, recursive: true });
		await carry(file, into);
		if (isWhole(into, file)) return;
		rmSync(into, { force: true, recursive: true });
		throw refused(file);
	}

	/** Makes all that came in durable, and only then part of the store. */
	async settle(): Promise<void> {
		await syncFileSystem(this.#dir);
		const names = readdirSync(this.#incoming);
		const homes = new Set(names.map((name) => dirname(this.#pathOf(name))));
		for (const home of homes) makeDirectory(home, 0o700);
		for (const name of names) renameSync(join(this.#incoming, name), this.#pathOf(name));
		for (const home of homes) syncDirectory(home);
	}

	/** Reads a file piece by piece. One that is no longer what it was is removed, so that it is brought again. Throws `content-changed`. */
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
	 * Removes all but these files, and what was left half-brought a week ago: a line that breaks each night goes on with it. Returns how
	 * many went. `now` in milliseconds since 1970.
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
}

/** Whether a plain file with this digest lies there. It is closed to others by then: nobody changes it in between. */
function isWhole(path: string, file: StoredFile): boolean {
	const stats = lookAt(path);
	if (stats?.isFile() !== true || stats.size !== file.size) return false;
	chmodSync(path, 0o600);
	return digestOf(path) === file.sha256;
}

function digestOf(path: string): string {
	const hash = createHash('sha256');
	const piece = Buffer.alloc(Math.min(PIECE, statSync(path).size + 1));
	const fd = openSync(path, 'r');
	try {
		for (let got = readSync(fd, piece); got > 0; got = readSync(fd, piece)) hash.update(piece.subarray(0, got));
	} finally {
		closeSync(fd);
	}
	return hash.digest('hex');
}

function refused(file: StoredFile): Error {
	return problem(
		'content-mismatch',
		`cannot take the file ${file.sha256.slice(0, 16)}…: what came has another digest or length`,
		'ask again; if it stays so, the source or its mirror is damaged or dishonest: tell who publishes there',
		{ retry: 'later', facts: { sha256: file.sha256, size: file.size } },
	);
}

function damaged(file: StoredFile, cause: unknown): Error {
	return problem(
		'content-changed',
		`cannot read the file ${file.sha256.slice(0, 16)}… of the store: it is damaged`,
		'ask again: it is brought anew',
		{
			retry: 'now',
			facts: { sha256: file.sha256 },
			cause,
		},
	);
}
