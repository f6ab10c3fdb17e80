/**
 * Verifies a release manifest against pinned keys: trust.mode "minisign" and "ssh". Requires signatures by
 * the configured number of different keys, and rejects the signed manifest of another release.
 */
import { problem } from '../model/base/error.ts';
import { parseReleaseManifest, type ReleaseManifest } from '../model/release/release-manifest.ts';
import type { Tag } from '../model/release/tag.ts';
import { type Digests, digestsOf } from './ed25519.ts';
import { checkMinisign, parseMinisignKey } from './minisign.ts';
import type { Finding, PinnedKey } from './pinned-key.ts';
import { checkSshsig, parseSshKey } from './sshsig.ts';
import type { Verified } from './verified.ts';

export type SignatureMode = 'minisign' | 'ssh';

export interface SignaturePolicy {
	readonly mode: SignatureMode;
	readonly keys: readonly PinnedKey[];
	/** The number of different keys that must have signed; at least 1. */
	readonly threshold: number;
}

/** The requested release. A manifest of any other release is rejected, even with valid signatures. */
export interface WantedRelease {
	readonly product: string;
	readonly tag: Tag;
}

/** Maximum number of signatures checked: no real release has more, and each costs the box time. */
const SIGNATURES_MAX = 64;

/**
 * Returns the configured keys without duplicates: one key under two comments or key ids counts once. Throws
 * `key-unusable`.
 */
export function pinKeys(mode: SignatureMode, texts: readonly string[]): readonly PinnedKey[] {
	const parse = mode === 'minisign' ? parseMinisignKey : parseSshKey;
	const keys = texts.map((text) => parse(text));
	return keys.filter((key, at) => keys.findIndex(({ bytes }) => bytes.equals(key.bytes)) === at);
}

/**
 * Returns the verified manifest of the requested release. Signatures are checked before any byte of the
 * manifest is parsed. Trust: `bytes` and `signatures` are untrusted; `policy` is root's. Throws
 * `signature-missing`, `signature-invalid`, `manifest-unreadable`, `manifest-mismatch`, and
 * `trust-unavailable` for a policy that any manifest, or none, could satisfy.
 */
export function verifySignedManifest(
	bytes: Uint8Array,
	signatures: readonly Uint8Array[],
	policy: SignaturePolicy,
	wanted: WantedRelease,
): Verified<ReleaseManifest> {
	requirePolicy(policy);
	requireSignatures(bytes, signatures, policy);
	// The signatures cover these bytes, so the parsed manifest is verified.
	return requireRelease(bytes as Verified<Uint8Array>, wanted);
}

/**
 * Parses already verified bytes as the manifest of the requested release. Throws `manifest-unreadable` or
 * `manifest-mismatch`.
 */
export function requireRelease(
	bytes: Verified<Uint8Array>,
	wanted: WantedRelease,
): Verified<ReleaseManifest> {
	const manifest = parseReleaseManifest(bytes);
	const odd = (['product', 'tag'] as const).find((key) => manifest[key] !== wanted[key]);
	if (odd === undefined) return manifest as Verified<ReleaseManifest>;
	throw problem(
		'manifest-mismatch',
		`cannot take the release: its manifest is of ${manifest.product} ${manifest.tag}, not of ${wanted.product} ${wanted.tag}`,
		'the source serves another release: check the source, and product in the configuration',
		{ facts: { expected: wanted[odd], found: manifest[odd] } },
	);
}

/** An empty policy must never accept everything, even if a bug in reading the configuration produced it. */
function requirePolicy({ keys, threshold }: SignaturePolicy): void {
	const different = new Set(keys.map(({ bytes }) => bytes.toString('hex'))).size;
	if (Number.isSafeInteger(threshold) && threshold >= 1 && different >= threshold) return;
	throw problem(
		'trust-unavailable',
		`cannot verify releases: ${threshold} signatures are asked for and ${different} keys are pinned`,
		'pin trust.keys and set trust.threshold to 1 or more, and no more than there are keys',
		{ facts: { keys: different, threshold } },
	);
}

function requireSignatures(
	bytes: Uint8Array,
	signatures: readonly Uint8Array[],
	{ mode, keys, threshold }: SignaturePolicy,
): void {
	const digests = digestsOf(bytes);
	const findings = signatures
		.slice(0, SIGNATURES_MAX)
		.map((signature) => check(mode, signature, digests, keys));
	const signers = new Set(
		findings.flatMap((finding) => (finding.kind === 'signed' ? [finding.key.bytes.toString('hex')] : [])),
	);
	if (signers.size >= threshold) return;
	const wrong = findings.flatMap((finding) => whyNot(finding) ?? []);
	const facts = { threshold, valid: signers.size, keys: keys.map(({ name }) => name), why: wrong };
	const counted = `${signers.size} of the ${threshold} signatures that are needed`;
	if (wrong.length === 0) {
		const message = `cannot verify the release: it has ${counted}, each by another pinned key`;
		throw problem(
			'signature-missing',
			message,
			'ask its author to sign it with the keys that this box knows',
			{ facts },
		);
	}
	const message = `cannot verify the release: it has ${counted}: ${wrong.slice(0, 3).join('; ')}`;
	throw problem(
		'signature-invalid',
		message,
		'do not install it by other means: ask its author whether they published it',
		{ facts },
	);
}

function check(
	mode: SignatureMode,
	signature: Uint8Array,
	digests: Digests,
	keys: readonly PinnedKey[],
): Finding {
	switch (mode) {
		case 'minisign':
			return checkMinisign(signature, digests, keys);
		case 'ssh':
			return checkSshsig(signature, digests, keys);
	}
}

function whyNot(finding: Finding): string | undefined {
	switch (finding.kind) {
		case 'signed':
			return undefined;
		case 'unknown-key':
			return `${finding.name} is not a pinned key`;
		case 'refused':
			return finding.why;
	}
}
