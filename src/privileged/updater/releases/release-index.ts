/** A verified index of releases: the tags, the channel's newest release, and the manifest of each. */

import type { ReleaseManifest } from '../../../model/release/release-manifest.ts';
import type { Tag } from '../../../model/release/tag.ts';
import type { Version } from '../../../model/release/version.ts';
import type { GoodUntil } from '../../../model/status/freshness.ts';
import type { Verified } from '../../../trust/verified.ts';

/** A manifest with the bytes that were signed. */
export interface VerifiedRelease {
	readonly manifest: Verified<ReleaseManifest>;
	readonly bytes: Uint8Array;
}

export interface Announced {
	/** The release that the channel names; undefined: none. */
	readonly channel: Tag | undefined;
	readonly tags: readonly Tag[];
	/** The minimum version of the channel; null: none, or not signed. */
	readonly minimumSafeVersion: Version | null;
	/** When this index expires; null: never. */
	readonly goodUntil: GoodUntil | null;
}

export interface ReleaseIndex {
	/** Throws the `source-…` codes and the codes of trust. */
	list(): Promise<Announced>;
	/** Returns the verified manifest of a release; undefined: there is none. Throws the codes of trust. */
	manifest(tag: Tag): Promise<VerifiedRelease | undefined>;
	/** Releases connections and locks. */
	close(): Promise<void>;
}
