/**
 * A release manifest that enough pinned keys signed: trust.mode "minisign" and "ssh". What is not signed by as many different
 * keys as the configuration asks for is refused; so is what is signed and is of another release.
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
	/** How many of the keys must have signed, 1 or more. */
	readonly threshold: number;
}

/** The release that was asked for: a manifest of another one is refused, however well it is signed. */
export interface WantedRelease {
	readonly product: string;
	readonly tag: Tag;
}

/** More than that nobody signs; they would cost the box time. */
const SIGNATURES_MAX = 64;

/**
 * Returns the keys that the configuration names, each once: a key that stands there twice, under another comment or key id, is
 * one key. Throws `key-unusable`.
 */
export function pinKeys(mode: SignatureMode, texts: readonly string[]): readonly PinnedKey[] {
	const parse = mode === 'minisign' ? parseMinisignKey : parseSshKey;
	const keys = texts.map((text) => parse(text));
	return keys.filter((key, at) => keys.findIndex(({ bytes }) => bytes.equals(key.bytes)) === at);
}

/**
 * Returns the manifest that these bytes are, signed by enough pinned keys and of the release that was asked for. The signatures are
 * checked before a byte of the manifest is parsed. Trust: `bytes` and `signatures` may be anybody's; `policy` is root's.
 * Throws `signature-missing`, `signature-invalid`, `manifest-unreadable`, `manifest-mismatch`, and `trust-unavailable` for a policy that
 * anybody could meet, or nobody.
 */
export function verifySignedManifest(
	bytes: Uint8Array,
	signatures: readonly Uint8Array[],
	policy: SignaturePolicy,
	wanted: WantedRelease,
): Verified<ReleaseManifest> {
	requirePolicy(policy);
	requireSignatures(bytes, signatures, policy);
	// Who signed the bytes vouches for what they say.
	return requireRelease(bytes as Verified<Uint8Array>, wanted);
}

/** Returns the manifest in bytes that were verified, if it is of the release that was asked for. Throws `manifest-unreadable`, `manifest-mismatch`. */
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
		'somebody serves one release for another: look at the source, and at product in the configuration',
		{ facts: { expected: wanted[odd], found: manifest[odd] } },
	);
}

/** A policy is made from the configuration; one that came out empty must not let everything pass. */
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
		case 'stranger':
			return `${finding.name} is not a pinned key`;
		case 'refused':
			return finding.why;
	}
}
