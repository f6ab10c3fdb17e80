/**
 * Where releases come from: one contract for all kinds of source. A source delivers bytes and proves nothing.
 */

import type { ErrorRecord } from '../model/base/error.ts';
import type { InfoJson } from '../model/release/info.ts';
import type { ReleasePath } from '../model/release/manifest.ts';
import type { Tag } from '../model/release/tag.ts';
import type { Version } from '../model/release/version.ts';
import type { GoodUntil } from '../model/status/freshness.ts';

/** The result of looking up an info.json in a source. */
export type FoundInfo =
	| { readonly kind: 'info'; readonly info: InfoJson }
	| { readonly kind: 'missing' }
	| { readonly kind: 'unreadable'; readonly error: ErrorRecord };

/** What a source lists without downloading contents. */
export interface Listing {
	/** The info.json that the channel announces. */
	readonly channel: FoundInfo;
	/** The tags that are versions, in no particular order. */
	readonly tags: readonly Tag[];
	/** The minimum version of the channel; null: none is announced with authority. */
	readonly minimumSafeVersion: Version | null;
	/** Until when this listing is valid; null: unknown. */
	readonly goodUntil: GoodUntil | null;
}

export type SourceEntry =
	| { readonly kind: 'file'; readonly path: ReleasePath; readonly mode: 0o644 | 0o755; readonly size: number }
	| { readonly kind: 'link'; readonly path: ReleasePath; readonly size: number };

/**
 * Called for each entry in the order of `entries`; must read `chunks` to the end. The bytes of a link are its
 * target.
 */
export type OnEntry = (entry: SourceEntry, chunks: AsyncIterable<Buffer>) => Promise<void>;

/** A path and its size in bytes. */
interface Measured {
	readonly path: string;
	readonly size: number;
}

export interface KnownRelease {
	/** Everything that the release contains. */
	readonly entries: readonly Measured[];
	/** What fetching will write to the store; empty if the bytes are already here. */
	readonly pending: readonly Measured[];
}

export interface DownloadProgress {
	/** 0 to 100, of everything that the release still needs here. */
	readonly percent: number;
	/** Bytes downloaded so far. */
	readonly bytes: number;
}

export type OnProgress = (progress: DownloadProgress) => void;

export interface ReleaseSource {
	/** Throws the `source-…` codes. */
	list(): Promise<Listing>;
	/** Returns the info.json of a tag; `missing` if there is no such tag. */
	infoAt(tag: Tag): Promise<FoundInfo>;
	/** Downloads the release. Returns the id of its contents. Safe to repeat. */
	fetch(tag: Tag, onProgress: OnProgress): Promise<{ readonly commit: string }>;
	/**
	 * Returns what is known about a release before it is fetched; undefined if nothing is. Sends no request to
	 * the source.
	 */
	known(tag: Tag): Promise<KnownRelease | undefined>;
	/**
	 * Removes unwanted releases. Returns how many were removed. Sends no request to the source. Safe to repeat,
	 * also after a crash.
	 */
	prune(isWanted: (tag: Tag) => boolean): Promise<number>;
	/**
	 * Returns the entries of a fetched release, sorted by path. Throws `content-refused` for contents that no
	 * release may have.
	 */
	entries(commit: string): Promise<readonly SourceEntry[]>;
	/** Reads a fetched release, entry by entry. */
	read(commit: string, onEntry: OnEntry): Promise<void>;
}
