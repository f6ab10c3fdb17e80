/** What signs: an Ed25519 key, wherever it came from. Its secret half is held by Node and shown to nobody. */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { problem } from '../../model/base/error.ts';
import { minisignName } from '../../trust/minisign.ts';
import { sshFingerprint } from '../../trust/sshsig.ts';

export interface Signer {
	/** The 32 bytes of the public key. */
	readonly publicKey: Uint8Array;
	/** The 8 bytes that minisign knows the key by. */
	readonly minisignId: Uint8Array;
	/** The same as minisign prints it: names the signature file of trust.mode "minisign". */
	readonly keyId: string;
	/** SHA-256 of the public key as SSH encodes it, in hexadecimal digits: names the signature file of trust.mode "ssh". */
	readonly fingerprint: string;
	/** Returns the 64 bytes of a bare Ed25519 signature over `bytes`. */
	sign(bytes: Uint8Array): Uint8Array;
}

/** What a file with a secret key holds. */
export type Secret =
	| { readonly kind: 'plain'; readonly signer: Signer }
	/** `open` throws `key-unusable` for a wrong passphrase. */
	| { readonly kind: 'encrypted'; readonly open: (passphrase: string) => Signer };

/** What stands before the 32 bytes of a secret key in PKCS#8 (RFC 8410 §7). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

/**
 * Returns the signer of a secret key. `minisignId` is what a key of minisign brings along; other keys are known by the first bytes
 * of their digest, the same every time. Throws `key-unusable` for a key of another kind.
 */
export function signerOf(key: KeyObject, minisignId?: Uint8Array): Signer {
	if (key.asymmetricKeyType !== 'ed25519') throw secretUnusable(`it is of the kind ${key.asymmetricKeyType}`);
	const publicKey = Buffer.from(createPublicKey(key).export({ format: 'jwk' }).x ?? '', 'base64url');
	const id = minisignId ?? createHash('sha256').update(publicKey).digest().subarray(0, 8);
	return {
		publicKey,
		minisignId: id,
		keyId: minisignName(id),
		fingerprint: sshFingerprint(publicKey),
		sign: (bytes) => sign(null, bytes, key),
	};
}

/**
 * Returns the signer of a secret key as most formats hold it: 32 bytes of which all follows, and the public key once more. Throws
 * `key-unusable` when the two do not belong together, as after a wrong passphrase.
 */
export function signerOfPair(pair: Uint8Array, why: string, minisignId?: Uint8Array): Signer {
	const der = Buffer.concat([PKCS8_PREFIX, pair.subarray(0, 32)]);
	const signer = signerOf(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }), minisignId);
	if (pair.length !== 64 || !Buffer.from(signer.publicKey).equals(pair.subarray(32)))
		throw secretUnusable(why);
	return signer;
}

/** Returns the error of a secret key that cannot be used. It tells nothing of what the file holds. */
export function secretUnusable(
	why: string,
	hint = 'name a file with an Ed25519 key of PKCS#8, OpenSSH or minisign',
) {
	return problem('key-unusable', `cannot use the secret key: ${why}`, hint, { facts: { why } });
}
