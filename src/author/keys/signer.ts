/** Signs with an Ed25519 key of any origin. Only Node holds the secret half. */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { problem } from '../../model/base/error.ts';
import { minisignName } from '../../trust/minisign.ts';
import { sshFingerprint } from '../../trust/sshsig.ts';

export interface Signer {
	/** The 32 bytes of the public key. */
	readonly publicKey: Uint8Array;
	/** minisign's 8-byte key id. */
	readonly minisignId: Uint8Array;
	/** The key id as minisign prints it; names the signature file of trust.mode "minisign". */
	readonly keyId: string;
	/**
	 * SHA-256 of the public key in SSH's encoding, in hexadecimal; names the signature file of trust.mode
	 * "ssh".
	 */
	readonly fingerprint: string;
	/** Returns the raw 64-byte Ed25519 signature over `bytes`. */
	sign(bytes: Uint8Array): Uint8Array;
}

/** The content of a secret key file. */
export type Secret =
	| { readonly kind: 'plain'; readonly signer: Signer }
	/** `open` throws `key-unusable` for a wrong passphrase. */
	| { readonly kind: 'encrypted'; readonly open: (passphrase: string) => Signer };

/** The PKCS#8 prefix of a secret key's 32 bytes (RFC 8410 §7). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

/**
 * Returns the signer of a secret key. `minisignId` is the id in a minisign key file; other keys get the first
 * bytes of their digest, which never change. Throws `key-unusable` for another key type.
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
 * Returns the signer of a 32-byte seed with its public key, the content of most formats. Throws
 * `key-unusable` if they do not match, as after a wrong passphrase.
 */
export function signerOfPair(pair: Uint8Array, why: string, minisignId?: Uint8Array): Signer {
	const der = Buffer.concat([PKCS8_PREFIX, pair.subarray(0, 32)]);
	const signer = signerOf(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }), minisignId);
	if (pair.length !== 64 || !Buffer.from(signer.publicKey).equals(pair.subarray(32)))
		throw secretUnusable(why);
	return signer;
}

/** Returns the error for an unusable secret key. It reveals nothing of the file. */
export function secretUnusable(
	why: string,
	hint = 'name a file with an Ed25519 key of PKCS#8, OpenSSH or minisign',
) {
	return problem('key-unusable', `cannot use the secret key: ${why}`, hint, { facts: { why } });
}
