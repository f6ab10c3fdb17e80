/**
 * minisign's secret keys: plain (`minisign -G -W`) or encrypted with scrypt, whose parameters libsodium
 * derives from limits.
 */
import { scryptSync } from 'node:crypto';
import { parseBase64 } from '../../trust/base64.ts';
import { type Secret, type Signer, secretUnusable, signerOfPair } from './signer.ts';

/** The encrypted part: key id, key pair, checksum. */
const SECRET_BYTES = 8 + 64 + 32;
const FILE_BYTES = 2 + 2 + 2 + 32 + 8 + 8 + SECRET_BYTES;

/** The memory that `minisign -G` uses; more expensive keys are rejected. */
const MEMORY_MAX = 1024 ** 3;

/**
 * Parses the file. Ignores its checksum, because a key pair can be checked by itself. Throws `key-unusable`.
 */
export function readMinisignSecret(text: string): Secret {
	const line = /^untrusted comment:[^\n]*\n([A-Za-z0-9+/=]+)\n?$/.exec(text)?.[1] ?? '=';
	const raw = parseBase64(line);
	if (raw?.length !== FILE_BYTES || raw.toString('latin1', 0, 2) !== 'Ed')
		throw secretUnusable('it is no secret key of minisign');
	const kdf = raw.toString('latin1', 2, 4);
	const covered = raw.subarray(FILE_BYTES - SECRET_BYTES);
	if (kdf === '\0\0') return { kind: 'plain', signer: signerIn(covered, 'it is damaged') };
	if (kdf !== 'Sc') throw secretUnusable('its encryption is not supported');
	const cost = scryptCost(Number(raw.readBigUInt64LE(38)), Number(raw.readBigUInt64LE(46)));
	return { kind: 'encrypted', open: (passphrase) => decrypt(covered, passphrase, raw.subarray(6, 38), cost) };
}

function decrypt(covered: Buffer, passphrase: string, salt: Uint8Array, { N, r, p }: Cost): Signer {
	const room = 128 * N * r;
	if (room > MEMORY_MAX || p > 64) throw secretUnusable('its key derivation costs more than minisign’s own');
	const mask = scryptSync(passphrase, salt, SECRET_BYTES, { N, r, p, maxmem: 2 * room });
	return signerIn(
		covered.map((byte, at) => byte ^ (mask[at] ?? 0)),
		'the passphrase is wrong, or it is damaged',
	);
}

function signerIn(secret: Uint8Array, why: string): Signer {
	return signerOfPair(secret.subarray(8, 72), why, secret.subarray(0, 8));
}

interface Cost {
	readonly N: number;
	readonly r: number;
	readonly p: number;
}

/** libsodium's crypto_pwhash_scryptsalsa208sha256: derives scrypt's parameters from its two limits. */
function scryptCost(operations: number, memory: number): Cost {
	const r = 8;
	const work = Math.max(operations, 32_768);
	const isShort = work < memory / 32;
	const most = isShort ? work / (r * 4) : memory / (r * 128);
	const N = 2 ** Math.max(1, Math.floor(Math.log2(most)));
	return { N, r, p: isShort ? 1 : Math.floor(work / 4 / N / r) };
}
