/** Targets: valid names, and the verification of their bytes. */
import { createHash } from 'node:crypto';
import { hasControls } from '../../model/base/control-characters.ts';
import { problem } from '../../model/base/error.ts';
import type { SignedTarget } from '../../model/publication/tuf.ts';
import type { Verified } from '../verified.ts';

const PATH_MAX = 1024;

/** The accepted digest algorithms, with their length in hexadecimal digits. */
const STRONG = { sha256: 64, sha512: 128 } as const;

/**
 * Returns whether `path` may name a target: relative, separated by `/`, without empty parts, `.`, `..` or
 * control characters.
 */
export function isTargetPath(path: string): boolean {
	if (path === '' || path.length > PATH_MAX || hasControls(path) || path.includes('\\')) return false;
	return !path
		.split('/')
		.some((part) => part === '' || part === '.' || part === '..' || part === '__proto__');
}

/**
 * Returns the accepted algorithms of `hashes`, or undefined if there is none or one of them is not a digest.
 */
export function strongHashes(
	hashes: Readonly<Record<string, unknown>>,
): ReadonlyMap<string, string> | undefined {
	const strong = new Map<string, string>();
	for (const [algorithm, digits] of Object.entries(STRONG)) {
		if (!Object.hasOwn(hashes, algorithm)) continue;
		const value = hashes[algorithm];
		if (typeof value !== 'string' || value.length !== digits || !/^[0-9a-f]+$/.test(value)) return undefined;
		strong.set(algorithm, value);
	}
	return strong.size === 0 ? undefined : strong;
}

/**
 * Returns `bytes` as verified: the length and every accepted digest equal the signed ones. Trust: `signed`
 * comes from verified metadata, `bytes` are untrusted.
 */
export function verifyTarget(signed: SignedTarget, bytes: Uint8Array): Verified<Uint8Array> {
	if (bytes.length !== signed.length)
		throw notWhatWasSigned(signed.path, 'length', String(signed.length), String(bytes.length));
	const hashes = strongHashes(signed.hashes);
	if (hashes === undefined)
		throw notWhatWasSigned(signed.path, 'digest', 'sha256 or sha512', Object.keys(signed.hashes).join(', '));
	for (const [algorithm, expected] of hashes) {
		const found = createHash(algorithm).update(bytes).digest('hex');
		if (found !== expected) throw notWhatWasSigned(signed.path, algorithm, expected, found);
	}
	return bytes as Verified<Uint8Array>;
}

function notWhatWasSigned(file: string, what: string, expected: string, found: string): Error {
	return problem(
		'metadata-mismatch',
		`cannot use ${file}: its ${what} is ${found === '' ? 'missing' : found}, the signed one is ${expected}`,
		'the source is damaged, half published or forged: ask the publisher, or use another mirror',
		{ retry: 'later', facts: { file, what, expected, found } },
	);
}
