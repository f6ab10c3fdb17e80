/** Ed25519 public keys in all formats that authors use. */
import { createHash, createPublicKey } from 'node:crypto';
import { problem } from '../../model/base/error.ts';
import { parseMinisignKey } from '../../trust/minisign.ts';
import { parseSshKey } from '../../trust/sshsig.ts';

export interface PublicKey {
	/** The 32 bytes as 64 lower-case hexadecimal digits. */
	readonly hex: string;
}

/** The DER prefix of an Ed25519 public key. */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

export function publicKeyOfHex(hex: string): PublicKey | undefined {
	return /^[0-9a-f]{64}$/.test(hex) ? { hex } : undefined;
}

/** Returns the key as PEM, for the file beside the secret key. */
export function publicPem({ hex }: PublicKey): string {
	const der = Buffer.concat([SPKI_PREFIX, Buffer.from(hex, 'hex')]);
	return String(
		createPublicKey({ key: der, format: 'der', type: 'spki' }).export({ type: 'spki', format: 'pem' }),
	);
}

/**
 * Parses a PEM file or a `.pub` file of OpenSSH (`ssh-ed25519 AAAA…`) or minisign; undefined for other files.
 * Throws `key-unusable` for an SSH or minisign key of another type.
 */
export function parsePublicKey(text: string): PublicKey | undefined {
	if (text.includes('-----BEGIN PUBLIC KEY-----')) return ofPem(text);
	if (/^(ssh|sk-ssh|ecdsa)-/.test(text)) return publicKeyOf(parseSshKey(text).bytes);
	if (/^RW|^untrusted comment: [^\n]*\nRW/.test(text)) return publicKeyOf(parseMinisignKey(text).bytes);
	return undefined;
}

/** Returns the key with these 32 bytes. */
export function publicKeyOf(bytes: Uint8Array): PublicKey {
	return { hex: Buffer.from(bytes).toString('hex') };
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

export function sha256Hex(bytes: string | Uint8Array): string {
	return createHash('sha256').update(bytes).digest('hex');
}

/** Returns the error for a file without a usable key. */
export function keyUnusable(path: string, why: string): Error {
	return problem(
		'key-unusable',
		`cannot use the key ${path}: ${why}`,
		'give an Ed25519 key: PKCS#8 PEM, OpenSSH or minisign',
		{
			facts: { path },
		},
	);
}
