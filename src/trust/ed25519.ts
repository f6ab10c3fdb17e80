/** Ed25519 with raw keys (32 bytes) and raw signatures (64 bytes). */
import { createHash, createPublicKey, verify } from 'node:crypto';

export const KEY_BYTES = 32;
export const SIGNATURE_BYTES = 64;

/**
 * Returns whether `signature` is valid for `data` under this 32-byte key. Never throws: input that cannot be
 * checked is unsigned.
 */
export function isSignedBy(key: Uint8Array, data: Uint8Array, signature: Uint8Array): boolean {
	if (key.length !== KEY_BYTES || signature.length !== SIGNATURE_BYTES) return false;
	try {
		const jwk = { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(key).toString('base64url') };
		return verify(null, data, createPublicKey({ key: jwk, format: 'jwk' }), signature);
	} catch {
		return false;
	}
}

/** The digests that signatures cover instead of the document; computed once for all signatures. */
export type HashName = 'blake2b512' | 'sha512' | 'sha256';

export type Digests = (hash: HashName) => Buffer;

/** Returns the digests of a document. */
export function digestsOf(document: Uint8Array): Digests {
	const known = new Map<HashName, Buffer>();
	return (hash) => {
		const digest = known.get(hash) ?? createHash(hash).update(document).digest();
		known.set(hash, digest);
		return digest;
	};
}
