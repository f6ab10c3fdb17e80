/** Releases that are verified, or explicitly accepted without verification by the configuration. */
import type { Manifest } from '../../../model/release/manifest.ts';
import type { ReleaseSource } from '../../../sources/source.ts';
import type { Verified } from '../../../trust/verified.ts';
import { acceptUnsigned } from '../../../trust/verified.ts';

export interface Releases extends ReleaseSource {
	/**
	 * Verifies the manifest that was computed while a fetched release was staged. Throws `content-mismatch`.
	 */
	verify(commit: string, found: Manifest): Promise<Verified<Manifest>>;
	/** Releases connections and the trust store's lock; a later request takes them again. */
	close(): Promise<void>;
}

/** Returns the releases of an unsigned source: trust mode `unsigned`. */
export function unsignedReleases(source: ReleaseSource): Releases {
	return { ...source, verify: async (_commit, found) => acceptUnsigned(found), close: async () => undefined };
}
