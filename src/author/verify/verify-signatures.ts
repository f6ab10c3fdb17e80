/** Verifies a published repository as a box with pinned keys does (trust.mode "minisign" and "ssh"). */
import { asObject, parseStrictJson } from '../../model/base/json.ts';
import { INDEX_PATH, manifestPathOf, signaturesPathOf } from '../../model/publication/repository.ts';
import { MANIFEST_LIMITS } from '../../model/release/release-manifest.ts';
import { parseTag, type Tag } from '../../model/release/tag.ts';
import { usage } from '../../terminal/subcommand.ts';
import { pinKeys, type SignaturePolicy, verifySignedManifest } from '../../trust/signed-manifest.ts';
import type { Metadata } from './documents.ts';
import { type Findings, type Look, lookAtRelease, type ReleaseFinding } from './findings.ts';

/** A repository's index, which is not signed. */
export interface Index {
	readonly product: string;
	readonly tags: readonly Tag[];
}

const INDEX_LIMITS = { bytes: 16_000_000, depth: 4, nodes: 100_000 } as const;
const SIGNATURE_MAX = 64 * 1024;

/**
 * Returns the policy of a box that pins these keys, which must be all minisign or all SSH. Throws
 * `key-unusable` and `usage`.
 */
export function policyOf(texts: readonly string[], threshold: number): SignaturePolicy {
	const mode = texts.every((text) => text.startsWith('ssh-')) ? 'ssh' : 'minisign';
	const keys = pinKeys(mode, texts);
	if (threshold > keys.length)
		throw usage(
			`cannot ask for ${threshold} signatures of ${keys.length} keys`,
			'pin more keys, or lower --threshold',
		);
	return { mode, keys, threshold };
}

/** Lists the releases in the index. Throws `usage` if there is no index. */
export async function readIndex(documents: Metadata): Promise<Index> {
	const bytes = await documents.document(INDEX_PATH, INDEX_LIMITS.bytes);
	const json = bytes === undefined ? undefined : parseStrictJson(bytes, INDEX_LIMITS);
	const index = json?.kind === 'json' ? asObject(json.value) : undefined;
	const { product, tags } = index ?? {};
	if (typeof product === 'string' && Array.isArray(tags))
		return { product, tags: tags.flatMap((tag: unknown) => parseTag(tag) ?? []) };
	throw usage(`cannot verify: there is no ${INDEX_PATH}`, 'name a published repository');
}

/** Verifies every release that the index names. */
export async function verifySignatures(
	documents: Metadata,
	policy: SignaturePolicy,
	{ product, tags }: Index,
	look: Look,
): Promise<Findings> {
	const releases: ReleaseFinding[] = [];
	for (const tag of tags)
		releases.push(
			await lookAtRelease(documents, tag, look, () => signedManifest(documents, policy, product, tag)),
		);
	return { roles: [], channels: new Map(), releases, faults: [] };
}

async function signedManifest(documents: Metadata, policy: SignaturePolicy, product: string, tag: Tag) {
	const bytes = (await documents.document(manifestPathOf(tag), MANIFEST_LIMITS.bytes)) ?? new Uint8Array();
	const found = await Promise.all(
		policy.keys.map(({ file }) => documents.document(`${signaturesPathOf(tag)}/${file}`, SIGNATURE_MAX)),
	);
	const signatures = found.filter((one) => one !== undefined);
	return { bytes, manifest: verifySignedManifest(bytes, signatures, policy, { product, tag }) };
}
