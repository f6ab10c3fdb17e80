/** A manifest that was vouched for earlier, read again from root's own state: the journal says which one by its digest. */
import { createHash } from 'node:crypto';
import { problem } from '../model/base/error.ts';
import type { Sha256 } from '../model/release/manifest.ts';
import { parseReleaseManifest, type ReleaseManifest } from '../model/release/release-manifest.ts';
import type { Verified } from './verified.ts';

/** Returns the digest that names a manifest from then on. */
export function digestOfBytes(bytes: Uint8Array): Sha256 {
	return createHash('sha256').update(bytes).digest('hex') as Sha256;
}

/** Returns a manifest that was verified before. Trust: `digest` is of a manifest that was verified, and comes from the journal. Throws `content-changed` for other bytes. */
export function recallManifest(bytes: Uint8Array | undefined, digest: Sha256): Verified<ReleaseManifest> {
	if (bytes !== undefined && digestOfBytes(bytes) === digest)
		return parseReleaseManifest(bytes) as Verified<ReleaseManifest>;
	throw problem(
		'content-changed',
		'cannot go on: the manifest that was verified is gone or damaged',
		'ask again: it is fetched anew',
		{
			retry: 'now',
			facts: { digest },
		},
	);
}
