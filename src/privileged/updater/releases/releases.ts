/** Releases with somebody to vouch for them, or with the operator's word in the configuration that nobody does. */
import type { Manifest } from '../../../model/release/manifest.ts';
import type { ReleaseSource } from '../../../sources/source.ts';
import type { Verified } from '../../../trust/verified.ts';
import { acceptUnsigned } from '../../../trust/verified.ts';

export interface Releases extends ReleaseSource {
	/** Returns what was found while a fetched release was written down, as verified. Throws `content-mismatch`. */
	vouch(commit: string, found: Manifest): Promise<Verified<Manifest>>;
	/** Lets go of what it holds: the network, the lock of what is trusted. What is asked for later takes it up again. */
	close(): Promise<void>;
}

/** Returns the releases of a source that nobody vouches for: trust mode `unsigned`. */
export function unsignedReleases(source: ReleaseSource): Releases {
	return { ...source, vouch: async (_commit, found) => acceptUnsigned(found), close: async () => undefined };
}
