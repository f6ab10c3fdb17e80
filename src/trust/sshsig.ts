/**
 * Signatures of `ssh-keygen -Y sign` by Ed25519 keys (OpenSSH's PROTOCOL.sshsig, version 1). Rejects other
 * key types by name.
 */
import { createHash } from 'node:crypto';
import { parseBase64 } from './base64.ts';
import { type Digests, type HashName, isSignedBy, KEY_BYTES, SIGNATURE_BYTES } from './ed25519.ts';
import { type Finding, keyUnusable, type PinnedKey } from './pinned-key.ts';
import { SshReader, sshText } from './ssh-wire.ts';

/** The namespace (`ssh-keygen -Y sign -n`): a signature made for mail or git is not valid for a release. */
export const NAMESPACE = 'signalbox-release';

const MAGIC = 'SSHSIG';
const KEY_KIND = 'ssh-ed25519';
const SIGNATURE_MAX_BYTES = 4096;

/** Why common key types cannot be pinned. */
const OTHER_KINDS: Readonly<Record<string, string>> = {
	'ssh-rsa': 'it is an RSA key',
	'ssh-dss': 'it is a DSA key',
	'ecdsa-sha2-nistp256': 'it is an ECDSA key',
	'ecdsa-sha2-nistp384': 'it is an ECDSA key',
	'ecdsa-sha2-nistp521': 'it is an ECDSA key',
	'sk-ssh-ed25519@openssh.com': 'it lies on a security key, whose signatures are of another form',
	'sk-ecdsa-sha2-nistp256@openssh.com': 'it lies on a security key, whose signatures are of another form',
	'ssh-ed25519-cert-v01@openssh.com': 'it is a certificate',
};

const HINT = 'pin a line that begins with ssh-ed25519: ssh-keygen -t ed25519 makes such a key';

/**
 * Parses a public key, the line of a `.pub` file: `ssh-ed25519 AAAA… comment`. Throws `key-unusable`. Trust:
 * the key comes from root's configuration.
 */
export function parseSshKey(text: string): PinnedKey {
	const [, kind = '', base64 = ''] = /^(\S+) (\S+)(?: [^\n]*)?\n?$/.exec(text) ?? [];
	if (text.startsWith('RW'))
		throw keyUnusable(text, 'it is a key of minisign', 'set trust.mode = "minisign", or pin an SSH key');
	const why = Object.hasOwn(OTHER_KINDS, kind) ? OTHER_KINDS[kind] : undefined;
	if (why !== undefined) throw keyUnusable(text, why, HINT);
	const blob = kind === KEY_KIND ? parseBase64(base64) : undefined;
	const bytes = blob === undefined ? undefined : keyIn(blob);
	if (blob === undefined || bytes === undefined)
		throw keyUnusable(text, 'it is no public Ed25519 key of SSH', HINT);
	const name = sshFingerprint(bytes);
	return { bytes, name, file: `${name}.sig` };
}

/** Encodes the key as SSH does. */
export function sshKeyBlob(key: Uint8Array): Buffer {
	return Buffer.concat([sshText(KEY_KIND), sshText(key)]);
}

/** Returns the SHA-256 of the encoded key in lower-case hexadecimal (`ssh-keygen -l` prints it in base64). */
export function sshFingerprint(key: Uint8Array): string {
	return createHash('sha256').update(sshKeyBlob(key)).digest('hex');
}

/** Returns the bytes that a signature over a document with this digest covers. */
export function sshSigned(hash: HashName, digest: Uint8Array): Buffer {
	return Buffer.concat([Buffer.from(MAGIC), sshText(NAMESPACE), sshText(''), sshText(hash), sshText(digest)]);
}

/**
 * Identifies the pinned key that signed the document. Trust: `signature` is the content of an armored `.sig`
 * file from an untrusted source.
 */
export function checkSshsig(signature: Uint8Array, digests: Digests, keys: readonly PinnedKey[]): Finding {
	const parts = partsOf(signature);
	if (typeof parts === 'string') return { kind: 'refused', why: parts };
	const name = sshFingerprint(parts.key);
	const signer = keys.find(({ bytes }) => bytes.equals(parts.key));
	if (signer === undefined) return { kind: 'unknown-key', name };
	const signed = sshSigned(parts.hash, digests(parts.hash));
	if (!isSignedBy(signer.bytes, signed, parts.signature))
		return { kind: 'refused', why: `the signature of ${name} is not of this manifest` };
	return { kind: 'signed', key: signer };
}

interface Parts {
	readonly key: Buffer;
	readonly hash: 'sha512' | 'sha256';
	readonly signature: Buffer;
}

function partsOf(file: Uint8Array): Parts | string {
	if (file.length > SIGNATURE_MAX_BYTES) return `it holds more than ${SIGNATURE_MAX_BYTES} bytes`;
	const text = Buffer.from(file).toString('latin1');
	if (text.includes('\r')) return 'its lines end in CRLF, or hold a CR';
	const armored =
		/^-----BEGIN SSH SIGNATURE-----\n((?:[A-Za-z0-9+/=]{1,76}\n)+)-----END SSH SIGNATURE-----\n?$/.exec(text);
	const blob = parseBase64(armored?.[1]?.replaceAll('\n', '') ?? '=');
	if (blob === undefined) return 'it is not a signature file of ssh-keygen -Y sign';
	try {
		return readBlob(new SshReader(blob));
	} catch (thrown) {
		return thrown instanceof RangeError ? thrown.message : 'it cannot be read';
	}
}

function readBlob(blob: SshReader): Parts | string {
	if (blob.take(MAGIC.length).toString('latin1') !== MAGIC || blob.number() !== 1)
		return 'it is not a signature of version 1 of SSHSIG';
	const keyBlob = blob.bytes();
	const [namespace, reserved, hash] = [blob.text(), blob.text(), blob.text()];
	const signed = new SshReader(blob.bytes());
	blob.end();
	const key = keyIn(keyBlob);
	if (key === undefined) return `its key is not an ${KEY_KIND} key, and no other kind is taken`;
	if (namespace !== NAMESPACE) return `it was made for another purpose (its namespace is not ${NAMESPACE})`;
	if (reserved !== '') return 'it holds something that this version does not know';
	if (hash !== 'sha512' && hash !== 'sha256') return 'its hash is neither sha512 nor sha256';
	if (signed.text() !== KEY_KIND) return 'its algorithm is not Ed25519';
	const signature = signed.bytes();
	signed.end();
	return signature.length === SIGNATURE_BYTES
		? { key, hash, signature }
		: 'the length of its signature is wrong';
}

/** Returns the 32 bytes of an encoded Ed25519 key, or undefined for any other key type. */
function keyIn(blob: Buffer): Buffer | undefined {
	const key = blob.subarray(-KEY_BYTES);
	return sshKeyBlob(key).equals(blob) ? key : undefined;
}
