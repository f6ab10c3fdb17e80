/**
 * The file contents of verified releases. The bytes are untrusted: the caller verifies them while it writes
 * them to disk against the manifest.
 */
import { problem } from '../model/base/error.ts';
import type { ReleaseManifest } from '../model/release/release-manifest.ts';
import type { Tag } from '../model/release/tag.ts';
import type { OnEntry, OnProgress, SourceEntry } from './source.ts';

/** A file that will be written to the store. */
export interface PendingFile {
	/** Relative to the store. */
	readonly path: string;
	/** Bytes. */
	readonly size: number;
}

export interface Contents {
	/**
	 * Returns what downloading the release will write to this machine; empty if all of it is here. Sends no
	 * request to the source.
	 */
	pending(release: ReleaseManifest): Promise<readonly PendingFile[]>;
	/** Downloads everything that the release lists. Safe to repeat: what is here is not downloaded again. */
	download(release: ReleaseManifest, onProgress: OnProgress): Promise<void>;
	/**
	 * Returns one file of the release, at most `limit` bytes. Throws `content-mismatch` if the file is not
	 * there as listed.
	 */
	small(release: ReleaseManifest, path: string, limit: number): Promise<Uint8Array>;
	/** Reads a downloaded release, entry by entry in the manifest's order. */
	read(release: ReleaseManifest, onEntry: OnEntry): Promise<void>;
	/**
	 * Removes the contents of unwanted releases; `known` are the wanted ones whose manifests are here. Returns
	 * how many items were removed. Safe to repeat, also after a crash.
	 */
	prune(isWanted: (tag: Tag) => boolean, known: readonly ReleaseManifest[]): Promise<number>;
}

/** Returns the manifest's entries in the form of a source. */
export function entriesOf(release: ReleaseManifest): readonly SourceEntry[] {
	return release.files.map((entry) =>
		entry.kind === 'file'
			? { kind: 'file', path: entry.path, mode: entry.mode, size: entry.size }
			: { kind: 'link', path: entry.path, size: Buffer.byteLength(entry.target) },
	);
}

/** The error for contents that differ from the manifest: nothing of the release is installed. */
export function missingContent(release: ReleaseManifest, path: string): Error {
	return problem(
		'content-mismatch',
		`cannot take ${release.tag}: ${JSON.stringify(path.slice(0, 200))} is not in it as its manifest lists it`,
		'ask again; if it stays so, tell its author that what is published is not what was signed',
		{ retry: 'later', facts: { tag: release.tag, path: path.slice(0, 1024) } },
	);
}
