/**
 * Where releases come from: one contract for all kinds. A source gives bytes and says nothing of their worth.
 */

import type { ErrorRecord } from '../model/base/error.ts';
import type { InfoJson } from '../model/release/info.ts';
import type { ReleasePath } from '../model/release/manifest.ts';
import type { Tag } from '../model/release/tag.ts';
import type { Version } from '../model/release/version.ts';
import type { GoodUntil } from '../model/status/freshness.ts';

/** What an info.json looked up in a source was. */
export type FoundInfo =
	| { readonly kind: 'info'; readonly info: InfoJson }
	| { readonly kind: 'missing' }
	| { readonly kind: 'unreadable'; readonly error: ErrorRecord };

/** What a source lists without giving its contents. */
export interface Listing {
	/** What the channel announces. */
	readonly channel: FoundInfo;
	/** The tags that spell a version, in no order. */
	readonly tags: readonly Tag[];
	/** No box of the channel goes back below it; null: nobody who may has said so. */
	readonly minimumSafeVersion: Version | null;
	/** Until when this listing is good; null: nobody said so. */
	readonly goodUntil: GoodUntil | null;
}

export type SourceEntry =
	| { readonly kind: 'file'; readonly path: ReleasePath; readonly mode: 0o644 | 0o755; readonly size: number }
	| { readonly kind: 'link'; readonly path: ReleasePath; readonly size: number };

/**
 * Called for each entry in the order of `entries`; must read `chunks` to their end. A link's bytes are its
 * target.
 */
export type OnEntry = (entry: SourceEntry, chunks: AsyncIterable<Buffer>) => Promise<void>;

/** A path and its bytes. */
interface Measured {
	readonly path: string;
	readonly size: number;
}

export interface KnownRelease {
	/** All that it holds. */
	readonly entries: readonly Measured[];
	/** What the store will take on when it is fetched; nothing where its bytes are here already. */
	readonly toBring: readonly Measured[];
}

export interface DownloadProgress {
	/** 0 to 100, of everything that the release needs here. */
	readonly percent: number;
	/** Bytes downloaded so far. */
	readonly bytes: number;
}

export type OnProgress = (progress: DownloadProgress) => void;

export interface ReleaseSource {
	/** Throws the `source-…` codes. */
	list(): Promise<Listing>;
	/** Returns the info.json of a tag; a tag that is not there is `missing`. */
	infoAt(tag: Tag): Promise<FoundInfo>;
	/**
	 * Brings the release's bytes to this machine. Returns what names them. Safe to repeat.
	 */
	fetch(tag: Tag, onProgress: OnProgress): Promise<{ readonly commit: string }>;
	/**
	 * Returns what is known of a release before it is fetched; undefined where nobody has told it yet. The
	 * source is not asked.
	 */
	known(tag: Tag): Promise<KnownRelease | undefined>;
	/**
	 * Removes what is kept of releases that are not wanted. Returns how many went. The source is not asked.
	 * Safe to repeat, also after a cut.
	 */
	prune(isWanted: (tag: Tag) => boolean): Promise<number>;
	/**
	 * Returns the entries of a fetched release, sorted by path. Throws `content-refused` for what no release
	 * may hold.
	 */
	entries(commit: string): Promise<readonly SourceEntry[]>;
	/** Reads a fetched release, entry by entry. */
	read(commit: string, onEntry: OnEntry): Promise<void>;
}
