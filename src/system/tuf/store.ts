/**
 * The trusted metadata of the TUF client on disk: `root.json`, `timestamp.json`, `snapshot.json`,
 * `targets.json` and `<role>.json` as they were served, and `roots/N.root.json`, the chain from the pinned
 * root to the present one. Each file is replaced atomically in the order of the protocol, so a power cut
 * leaves a state that the protocol allows: newer timestamp, older snapshot. A torn or lost file counts as
 * never seen, and is fetched again. Everything read from here is verified again as if it came from the
 * network.
 */
import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '../../model/base/errno.ts';
import { problem } from '../../model/base/error.ts';
import { makeDirectory, removeTree, syncDirectory } from '../files/directories.ts';
import { takeLock } from '../files/lock.ts';
import { readSmall } from '../files/read-file.ts';
import { removeAbandoned, replaceDurably } from '../files/replace-file.ts';

/** Metadata to store: of a role, or one root of the chain. */
export type TufMetadataFile =
	| { readonly kind: 'role'; readonly role: string; readonly bytes: Uint8Array }
	| { readonly kind: 'root'; readonly version: number; readonly bytes: Uint8Array };

export interface TufStore {
	/** Returns the metadata stored for a role. Trust: none until verified again. */
	role(role: string, limit: number): Uint8Array | undefined;
	/** Returns version N of the root as stored. Trust: none until verified again. */
	root(version: number, limit: number): Uint8Array | undefined;
	/**
	 * Stores metadata in this order; unchanged files are not written. Crash: each file is the old or the new
	 * one.
	 */
	keep(documents: readonly TufMetadataFile[]): void;
	/** Removes the roots from this version on: they do not follow from the pinned one. */
	forgetRoots(from: number): void;
	/** Returns the time of the last verification in milliseconds, 0 if unknown. */
	lastVerified(): number;
	/** Records a time of verification. */
	noteVerified(now: number): void;
	/** Releases the lock. */
	close(): void;
}

/** How long to wait for a store that another process uses, in milliseconds. */
const PATIENCE = 10_000;

/**
 * Opens the store in `dir`, creating it (0700) if missing, and holds its lock until it is closed. Throws
 * `busy` when another process keeps it locked.
 */
export function openTufStore(dir: string, patience = PATIENCE): TufStore {
	const roots = join(dir, 'roots');
	makeDirectory(roots, 0o700);
	const taken = takeLock(join(dir, 'lock'), patience);
	if (taken.kind === 'busy') throw busy(dir);
	try {
		removeAbandoned(dir);
		removeAbandoned(roots);
	} catch (thrown) {
		taken.lock.release();
		throw thrown;
	}
	const pathOf = (role: string) => join(dir, `${encodeURIComponent(role)}.json`);
	const rootPath = (version: number) => join(roots, `${version}.root.json`);
	return {
		role: (role, limit) => read(pathOf(role), limit),
		root: (version, limit) => read(rootPath(version), limit),
		keep: (documents) => {
			for (const document of documents) {
				replace(
					document.kind === 'role' ? pathOf(document.role) : rootPath(document.version),
					document.bytes,
				);
			}
		},
		forgetRoots: (from) => forget(roots, from),
		lastVerified: () => timeIn(join(dir, 'verified')),
		noteVerified: (now) => replace(join(dir, 'verified'), Buffer.from(`${now}\n`)),
		close: () => taken.lock.release(),
	};
}

/**
 * Returns when metadata were last verified into the store at `dir`, in milliseconds, 0 if unknown. Time
 * cannot be earlier.
 */
export function lastVerifiedIn(dir: string): number {
	return timeIn(join(dir, 'verified'));
}

/** A link, a FIFO, a directory or a file that is too long was not written by the store. */
function read(path: string, limit: number): Uint8Array | undefined {
	const found = readSmall(path, limit);
	return found.kind === 'file' ? found.bytes : undefined;
}

function replace(path: string, bytes: Uint8Array): void {
	const present = read(path, bytes.length);
	if (present !== undefined && Buffer.compare(present, bytes) === 0) return;
	// A rename does not replace a directory.
	if (isDirectory(path)) removeTree(path);
	replaceDurably(path, bytes);
}

function isDirectory(path: string): boolean {
	try {
		return lstatSync(path).isDirectory();
	} catch (thrown) {
		if (errnoOf(thrown) === 'ENOENT') return false;
		throw thrown;
	}
}

function forget(roots: string, from: number): void {
	for (const name of readdirSync(roots)) {
		const [, version] = /^(\d+)\.root\.json$/.exec(name) ?? [];
		if (version !== undefined && Number(version) >= from)
			rmSync(join(roots, name), { recursive: true, force: true });
	}
	syncDirectory(roots);
}

function timeIn(path: string): number {
	const text = Buffer.from(read(path, 32) ?? []).toString('latin1');
	return /^\d{1,15}\n$/.test(text) ? Number(text) : 0;
}

function busy(dir: string): Error {
	return problem(
		'busy',
		'cannot read the signed metadata: another program is using them',
		'wait until it has ended, then try again',
		{
			retry: 'later',
			facts: { dir },
		},
	);
}
