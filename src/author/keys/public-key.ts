/** Ed25519 public keys, in the forms that authors have them. */
import { createHash, createPublicKey } from 'node:crypto';
import { problem } from '../../model/error.ts';

export interface PublicKey {
	/** The 32 bytes, as 64 lower-case hexadecimal digits. */
	readonly hex: string;
}

/** What stands before the 32 bytes in the DER form of an Ed25519 public key. */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');
const SSH_TYPE = 'ssh-ed25519';

export function publicKeyOfHex(hex: string): PublicKey | undefined {
	return /^[0-9a-f]{64}$/.test(hex) ? { hex } : undefined;
}

/** Returns the key as a line of PEM, for a file beside the secret one. */
export function publicPem({ hex }: PublicKey): string {
	const der = Buffer.concat([SPKI_PREFIX, Buffer.from(hex, 'hex')]);
	return String(createPublicKey({ key: der, format: 'der', type: 'spki' }).export({ type: 'spki', format: 'pem' }));
}

/** Returns the key in a PEM file or in a line of OpenSSH (`ssh-ed25519 AAAA…`), or undefined when it is neither. */
export function parsePublicKey(text: string): PublicKey | undefined {
	return text.includes('-----BEGIN PUBLIC KEY-----') ? ofPem(text) : ofSshLine(text);
}

function ofPem(text: string): PublicKey | undefined {
	try {
		const der = createPublicKey(text).export({ type: 'spki', format: 'der' });
		return der.subarray(0, SPKI_PREFIX.length).equals(SPKI_PREFIX)
			? publicKeyOfHex(der.subarray(SPKI_PREFIX.length).toString('hex'))
			: undefined;
	} catch {
		return undefined;
	}
}

function ofSshLine(text: string): PublicKey | undefined {
	const [, base64 = ''] = /^ssh-ed25519 ([A-Za-z0-9+/]+={0,2})(?: .*)?$/.exec(text.trim()) ?? [];
	const blob = Buffer.from(base64, 'base64');
	const name = Buffer.from(SSH_TYPE);
	if (blob.length !== 4 + name.length + 4 + 32) return undefined;
	const isOfType = blob.readUInt32BE(0) === name.length && blob.subarray(4, 4 + name.length).equals(name);
	return isOfType && blob.readUInt32BE(4 + name.length) === 32 ? publicKeyOfHex(blob.subarray(-32).toString('hex')) : undefined;
}

export function sha256Hex(bytes: string | Uint8Array): string {
	return createHash('sha256').update(bytes).digest('hex');
}

/** Returns the error for a file that holds no key that could be used. */
export function keyUnusable(path: string, why: string): Error {
	return problem('key-unusable', `cannot use the key ${path}: ${why}`, 'give an Ed25519 key: PKCS#8 PEM, OpenSSH or minisign', {
		facts: { path },
	});
}
