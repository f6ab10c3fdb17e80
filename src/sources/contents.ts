/**
 * Where the bytes of a verified release lie. Bytes without worth: who writes them down compares them with the
 * manifest.
 */
import { problem } from '../model/base/error.ts';
import type { ReleaseManifest } from '../model/release/release-manifest.ts';
import type { Tag } from '../model/release/tag.ts';
import type { OnEntry, OnProgress, SourceEntry } from './source.ts';

/** One file that the store will take on. */
export interface ToBring {
	/** Below the store. */
	readonly path: string;
	/** Bytes. */
	readonly size: number;
}

export interface Contents {
	/**
	 * Returns what bringing the release will write on this machine; nothing where all of it is here. The source
	 * is not asked.
	 */
	toBring(release: ReleaseManifest): Promise<readonly ToBring[]>;
	/**
	 * Brings all that the release lists to this machine. Safe to repeat: what is here is not brought again.
	 */
	bring(release: ReleaseManifest, onProgress: OnProgress): Promise<void>;
	/**
	 * Returns one file of the release, at most `limit` bytes. Throws `content-mismatch` for what is not there
	 * as listed.
	 */
	small(release: ReleaseManifest, path: string, limit: number): Promise<Uint8Array>;
	/** Reads what was brought, entry by entry in the manifest's order. */
	read(release: ReleaseManifest, onEntry: OnEntry): Promise<void>;
	/**
	 * Removes what is kept of releases that are not wanted; `known` are the wanted ones whose manifests are
	 * there. Returns how much went. Safe to repeat, also after a cut.
	 */
	prune(isWanted: (tag: Tag) => boolean, known: readonly ReleaseManifest[]): Promise<number>;
}

/** Returns the manifest's entries as a source tells them. */
export function entriesOf(release: ReleaseManifest): readonly SourceEntry[] {
	return release.files.map((entry) =>
		entry.kind === 'file'
			? { kind: 'file', path: entry.path, mode: entry.mode, size: entry.size }
			: { kind: 'link', path: entry.path, size: Buffer.byteLength(entry.target) },
	);
}

/** What was brought is not what the manifest lists: nothing of it is installed. */
export function missingContent(release: ReleaseManifest, path: string): Error {
	return problem(
		'content-mismatch',
		`cannot take ${release.tag}: ${JSON.stringify(path.slice(0, 200))} is not in it as its manifest lists it`,
		'ask again; if it stays so, tell its author that what is published is not what was signed',
		{ retry: 'later', facts: { tag: release.tag, path: path.slice(0, 1024) } },
	);
}
