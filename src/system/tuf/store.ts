/**
 * What the TUF client trusts, on disk: `root.json`, `timestamp.json`, `snapshot.json`, `targets.json`, `<role>.json` as they were
 * served, and `roots/N.root.json`, the chain that led from the pinned root to the present one. Each file is replaced whole, and in
 * the order of the protocol, so that a cut leaves a mixture that the protocol itself allows: newer timestamp, older snapshot.
 * What is torn or lost counts as never seen; it is verified again as if it came from the network, and fetched again.
 */
import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { problem } from '../../model/base/error.ts';
import {
	errnoOf,
	makeDirectory,
	readSmall,
	removeAbandoned,
	removeTree,
	replaceDurably,
	syncDirectory,
} from '../files/files.ts';
import { takeLock } from '../files/lock.ts';

/** A document to keep: of a role, or a link of the root chain. */
export type TufMetadataFile =
	| { readonly kind: 'role'; readonly role: string; readonly bytes: Uint8Array }
	| { readonly kind: 'root'; readonly version: number; readonly bytes: Uint8Array };

export interface TufStore {
	/** Returns the document that was last kept for a role. Trust: none before it is verified again. */
	role(role: string, limit: number): Uint8Array | undefined;
	/** Returns version N of the root as it was kept. Trust: none before it is verified again. */
	root(version: number, limit: number): Uint8Array | undefined;
	/** Keeps documents, in this order; those that stand there already are not written. Crash: each is the old one or the new one. */
	keep(documents: readonly TufMetadataFile[]): void;
	/** Forgets the roots from this version on: they did not follow from the pinned one. */
	forgetRoots(from: number): void;
	/** Returns the time of the last verification in milliseconds, 0 when it is not known. */
	lastVerified(): number;
	/** Notes a time of verification. */
	noteVerified(now: number): void;
	/** Gives the lock back. */
	close(): void;
}

/** How long a store is waited for that another process uses, in milliseconds. */
const PATIENCE = 10_000;

/**
 * Opens the store in `dir`, which is made if it is missing (0700), and holds its lock until it is closed. Throws `busy` when
 * another process does not let go of it.
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

/** Returns the time by which metadata was last verified into the store at `dir`, in milliseconds, 0 when it is not known. For the time floor. */
export function lastVerifiedIn(dir: string): number {
	return timeIn(join(dir, 'verified'));
}

/** A link, a FIFO, a directory, a file that is too long: none of them was written here. */
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
		'cannot read the signed metadata: another program is at work on it',
		'wait for it to end, then ask again',
		{
			retry: 'later',
			facts: { dir },
		},
	);
}
