/**
 * Releases whose manifests are signed by pinned keys, without TUF. The list of releases is only a hint, so it
 * may be an older state; the release that is installed is signed all the same, and never older than the
 * installed one.
 */
import { INDEX_LIMITS, parseIndexHint } from '../../../model/publication/index-hint.ts';
import { INDEX_PATH, manifestPathOf, signaturesPathOf } from '../../../model/publication/repository.ts';
import { MANIFEST_LIMITS } from '../../../model/release/release-manifest.ts';
import type { Metadata } from '../../../sources/metadata.ts';
import { type SignaturePolicy, verifySignedManifest } from '../../../trust/signed-manifest.ts';
import type { ReleaseIndex } from './release-index.ts';

const SIGNATURE_MAX_BYTES = 16 * 1024;

export interface Wanted {
	readonly product: string;
	readonly channel: string;
}

export function signedIndex(
	documents: Metadata,
	policy: SignaturePolicy,
	{ product, channel }: Wanted,
): ReleaseIndex {
	return {
		async list() {
			const bytes = await documents.read(INDEX_PATH, INDEX_LIMITS.bytes);
			const { channels, tags } = parseIndexHint(bytes ?? new Uint8Array());
			return { channel: channels.get(channel), tags, minimumSafeVersion: null, goodUntil: null };
		},
		async manifest(tag) {
			const bytes = await documents.read(manifestPathOf(tag), MANIFEST_LIMITS.bytes);
			if (bytes === undefined) return undefined;
			const paths = policy.keys.map(({ file }) => `${signaturesPathOf(tag)}/${file}`);
			const signatures = await Promise.all(paths.map((path) => documents.read(path, SIGNATURE_MAX_BYTES)));
			const found = signatures.filter((signature) => signature !== undefined);
			return { manifest: verifySignedManifest(bytes, found, policy, { product, tag }), bytes };
		},
		close: async () => undefined,
	};
}
