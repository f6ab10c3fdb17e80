/** Which releases there are, as far as somebody vouches for it: the tags, what the channel names, the manifest of each. */

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
	/** What the channel names; undefined: nothing. */
	readonly channel: Tag | undefined;
	readonly tags: readonly Tag[];
	/** No box of the channel goes back below it; null: nothing was said, or nobody vouches for it. */
	readonly minimumSafeVersion: Version | null;
	/** Until when this is to be believed; null: nothing says so. */
	readonly goodUntil: GoodUntil | null;
}

export interface ReleaseIndex {
	/** Throws the `source-…` codes, and those of trust. */
	list(): Promise<Announced>;
	/** Returns the manifest of a release; undefined: there is none. Throws the codes of trust: what nobody vouches for is never returned. */
	manifest(tag: Tag): Promise<VerifiedRelease | undefined>;
	/** Lets go of what it holds. */
	close(): Promise<void>;
}
