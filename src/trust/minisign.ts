/**
 * minisign signatures as Debian's 0.11 writes them: Ed25519 over the BLAKE2b-512 of the document (`ED`), and
 * a second signature that covers the trusted comment. Rejects the legacy form, which signs the document
 * itself (`Ed`). (jedisct1.github.io/minisign, "Signature format")
 */
import { parseBase64 } from './base64.ts';
import { type Digests, isSignedBy, KEY_BYTES, SIGNATURE_BYTES } from './ed25519.ts';
import { type Finding, keyUnusable, type PinnedKey } from './pinned-key.ts';

const ALGORITHM_BYTES = 2;
const ID_BYTES = 8;
const ID_END = ALGORITHM_BYTES + ID_BYTES;

/** minisign's own limits for comments: 1,024 and 8,192 bytes. */
const SIGNATURE_MAX_BYTES = 16 * 1024;

/**
 * Parses a public key: either the line that begins with `RW` or a whole `.pub` file. Throws `key-unusable`.
 * Trust: the key comes from root's configuration.
 */
export function parseMinisignKey(text: string): PinnedKey {
	const hint = 'pin the line of the .pub file that begins with RW; minisign -G makes a key';
	const line = /^untrusted comment: [^\n]*\n([^\n]+)\n?$/.exec(text)?.[1] ?? text;
	if (line.startsWith('ssh-'))
		throw keyUnusable(text, 'it is a key of SSH', 'set trust.mode = "ssh", or pin a key of minisign');
	const raw = parseBase64(line);
	if (raw === undefined || raw.length !== ID_END + KEY_BYTES)
		throw keyUnusable(text, 'it is no public key of minisign', hint);
	if (algorithmOf(raw) !== 'Ed') throw keyUnusable(text, 'its algorithm is not Ed25519', hint);
	const name = minisignName(raw.subarray(ALGORITHM_BYTES, ID_END));
	return { bytes: raw.subarray(ID_END), name, file: `${name}.minisig` };
}

/**
 * Formats a key id as minisign prints it: last byte first, as 16 upper-case hexadecimal digits (minisign
 * omits leading zeros).
 */
export function minisignName(id: Uint8Array): string {
	return Buffer.from(id).reverse().toString('hex').toUpperCase();
}

/**
 * Identifies the pinned key that signed the document. Trust: `signature` is the content of a `.minisig` file
 * from an untrusted source. If several pinned keys share a key id, all of them are tried.
 */
export function checkMinisign(signature: Uint8Array, digests: Digests, keys: readonly PinnedKey[]): Finding {
	const parts = partsOf(signature);
	if (typeof parts === 'string') return { kind: 'refused', why: parts };
	const name = minisignName(parts.id);
	const named = keys.filter((key) => key.name === name);
	if (named.length === 0) return { kind: 'unknown-key', name };
	const signer = named.find(({ bytes }) => isSignedBy(bytes, digests('blake2b512'), parts.signature));
	if (signer === undefined)
		return { kind: 'refused', why: `the signature of ${name} is not of this manifest` };
	const bound = Buffer.concat([parts.signature, parts.comment]);
	if (!isSignedBy(signer.bytes, bound, parts.global))
		return { kind: 'refused', why: `the trusted comment of ${name} was changed` };
	return { kind: 'signed', key: signer };
}

interface Parts {
	readonly id: Buffer;
	readonly signature: Buffer;
	readonly comment: Buffer;
	readonly global: Buffer;
}

/**
 * Parses a `.minisig` file, or returns the reason it is malformed. Requires exactly four terminated lines.
 */
function partsOf(file: Uint8Array): Parts | string {
	if (file.length > SIGNATURE_MAX_BYTES) return `it holds more than ${SIGNATURE_MAX_BYTES} bytes`;
	// Latin-1 preserves every byte: the signature covers the trusted comment in whatever encoding it has.
	const text = Buffer.from(file).toString('latin1');
	if (text.includes('\r')) return 'its lines end in CRLF, or hold a CR';
	const lines = /^untrusted comment: [^\n]*\n([^\n]+)\ntrusted comment: ([^\n]*)\n([^\n]+)\n$/.exec(text);
	if (lines === null) return 'it is not a signature file of minisign';
	const [raw, global] = [parseBase64(lines[1] ?? ''), parseBase64(lines[3] ?? '')];
	if (raw?.length !== ID_END + SIGNATURE_BYTES || global?.length !== SIGNATURE_BYTES)
		return 'its base64 or a length is wrong';
	const algorithm = algorithmOf(raw);
	if (algorithm === 'Ed') return 'it is of the legacy form (minisign -l), which is not taken';
	if (algorithm !== 'ED') return 'its algorithm is not known';
	const comment = Buffer.from(lines[2] ?? '', 'latin1');
	return { id: raw.subarray(ALGORITHM_BYTES, ID_END), signature: raw.subarray(ID_END), comment, global };
}

function algorithmOf(raw: Buffer): string {
	return raw.toString('latin1', 0, ALGORITHM_BYTES);
}
