/** Ed25519 as the formats of this room use it: keys and signatures are their bare bytes. */
import { createHash, createPublicKey, verify } from 'node:crypto';

export const KEY_BYTES = 32;
export const SIGNATURE_BYTES = 64;

/** Returns whether `signature` is of the key with these 32 bytes over `data`. Never throws: what cannot be checked is not signed. */
export function isSignedBy(key: Uint8Array, data: Uint8Array, signature: Uint8Array): boolean {
	if (key.length !== KEY_BYTES || signature.length !== SIGNATURE_BYTES) return false;
	try {
		const jwk = { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(key).toString('base64url') };
		return verify(null, data, createPublicKey({ key: jwk, format: 'jwk' }), signature);
	} catch {
		return false;
	}
}

/** What is signed instead of the document itself; each is computed once, however many signatures there are. */
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
