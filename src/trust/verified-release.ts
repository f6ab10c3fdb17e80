/** Reads a previously verified manifest from root's state again; the journal identifies it by its digest. */
import { createHash } from 'node:crypto';
import { problem } from '../model/base/error.ts';
import type { Sha256 } from '../model/release/manifest.ts';
import { parseReleaseManifest, type ReleaseManifest } from '../model/release/release-manifest.ts';
import type { Verified } from './verified.ts';

/** Returns the digest that identifies a verified manifest. */
export function digestOfBytes(bytes: Uint8Array): Sha256 {
	return createHash('sha256').update(bytes).digest('hex') as Sha256;
}

/**
 * Returns a previously verified manifest. Trust: `digest` comes from the journal, which records only verified
 * manifests. Throws `content-changed` if the bytes have another digest.
 */
export function recallManifest(bytes: Uint8Array | undefined, digest: Sha256): Verified<ReleaseManifest> {
	if (bytes !== undefined && digestOfBytes(bytes) === digest)
		return parseReleaseManifest(bytes) as Verified<ReleaseManifest>;
	throw problem(
		'content-changed',
		'cannot go on: the manifest that was verified is gone or damaged',
		'try again: it is then fetched again',
		{
			retry: 'now',
			facts: { digest },
		},
	);
}
