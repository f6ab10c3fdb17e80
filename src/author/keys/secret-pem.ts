/**
 * New secret keys as PKCS#8 PEM. Node encrypts PEM with 2,048 rounds of PBKDF2, too few for a stolen USB
 * stick. This file therefore writes the DER around the ciphertext itself and uses scrypt, like `openssl pkcs8
 * -topk8 -scrypt`.
 */
import {
	createCipheriv,
	generateKeyPairSync,
	type KeyObject,
	randomBytes,
	scryptSync,
	sign,
} from 'node:crypto';
import { type PublicKey, publicKeyOfHex } from './public-key.ts';

/** OpenSSL's defaults: 16 MB and about 50 ms per attempt. It refuses to decrypt with more memory. */
const SCRYPT = { N: 16_384, r: 8, p: 1 } as const;

const OID = {
	pbes2: '2a864886f70d01050d',
	scrypt: '2b06010401da47040b',
	aes256cbc: '60864801650304012a',
} as const;

export interface NewKey {
	readonly publicKey: PublicKey;
	/** Returns the Ed25519 signature, 64 bytes. */
	readonly sign: (bytes: Uint8Array) => Uint8Array;
	/** Returns the secret key as PEM. */
	pem(passphrase: string | undefined): string;
}

/** Makes a new Ed25519 key. */
export function makeKey(): NewKey {
	const { publicKey, privateKey } = generateKeyPairSync('ed25519');
	const hex = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32).toString('hex');
	const pem = (passphrase: string | undefined) =>
		passphrase === undefined
			? String(privateKey.export({ type: 'pkcs8', format: 'pem' }))
			: encryptedPem(privateKey, passphrase);
	// The 64 digits of a new key.
	return { publicKey: publicKeyOfHex(hex) as PublicKey, sign: (bytes) => sign(null, bytes, privateKey), pem };
}

function encryptedPem(key: KeyObject, passphrase: string): string {
	const [salt, iv] = [randomBytes(16), randomBytes(16)];
	const cipher = createCipheriv('aes-256-cbc', scryptSync(passphrase, salt, 32, SCRYPT), iv);
	const secret = Buffer.concat([cipher.update(key.export({ type: 'pkcs8', format: 'der' })), cipher.final()]);
	const derivation = sequence(
		oid('scrypt'),
		sequence(octets(salt), integer(SCRYPT.N), integer(SCRYPT.r), integer(SCRYPT.p)),
	);
	const scheme = sequence(oid('pbes2'), sequence(derivation, sequence(oid('aes256cbc'), octets(iv))));
	const lines = sequence(scheme, octets(secret)).toString('base64').replace(/.{64}/g, '$&\n').trimEnd();
	return `-----BEGIN ENCRYPTED PRIVATE KEY-----\n${lines}\n-----END ENCRYPTED PRIVATE KEY-----\n`;
}

/** Encodes DER: tag, length, content. Content is at most 65,535 bytes. */
function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
	const body = Buffer.concat(contents);
	const length =
		body.length < 128
			? [body.length]
			: body.length < 256
				? [0x81, body.length]
				: [0x82, body.length >> 8, body.length & 255];
	return Buffer.concat([Buffer.from([tag, ...length]), body]);
}

const sequence = (...parts: readonly Uint8Array[]) => der(0x30, ...parts);
const octets = (bytes: Uint8Array) => der(0x04, bytes);
const oid = (name: keyof typeof OID) => der(0x06, Buffer.from(OID[name], 'hex'));

function integer(value: number): Buffer {
	const hex = value.toString(16);
	const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
	return der(0x02, (bytes[0] ?? 0) > 127 ? Buffer.from([0]) : Buffer.alloc(0), bytes);
}
