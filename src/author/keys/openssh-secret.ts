/**
 * ssh-keygen's secret keys (OpenSSH's PROTOCOL.key): one Ed25519 key, plain or encrypted with bcrypt and AES.
 */
import { createDecipheriv } from 'node:crypto';
import bcrypt from 'bcrypt-pbkdf';
import { parseBase64 } from '../../trust/base64.ts';
import { SshReader } from '../../trust/ssh-wire.ts';
import { type Secret, type Signer, secretUnusable, signerOfPair } from './signer.ts';

const MAGIC = 'openssh-key-v1\0';

/** Maximum bcrypt rounds (`ssh-keygen -a`); more could take hours. */
const ROUNDS_MAX = 2000;

/** ssh-keygen's default cipher. */
const CIPHER = { name: 'aes256-ctr', openssl: 'aes-256-ctr', key: 32, iv: 16 } as const;

/** Parses the file. Throws `key-unusable`. */
export function readOpensshSecret(text: string): Secret {
	const armored =
		/^-----BEGIN OPENSSH PRIVATE KEY-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END OPENSSH PRIVATE KEY-----\s*$/.exec(
			text,
		);
	const blob = parseBase64(armored?.[1]?.replace(/[\r\n]/g, '') ?? '=');
	if (blob === undefined) throw secretUnusable('its base64 is damaged');
	return unlessDamaged('it is damaged', () => readBlob(new SshReader(blob)));
}

function readBlob(blob: SshReader): Secret {
	if (blob.take(MAGIC.length).toString('latin1') !== MAGIC) throw secretUnusable('it is no key of OpenSSH');
	const [cipher, kdf, options] = [blob.text(), blob.text(), blob.bytes()];
	if (blob.number() !== 1) throw secretUnusable('its file holds more than one key');
	blob.bytes();
	const secret = blob.bytes();
	const isPlain = cipher === 'none' && kdf === 'none';
	if (!isPlain && (kdf !== 'bcrypt' || cipher !== CIPHER.name)) {
		throw secretUnusable(
			`it is encrypted with ${cipher}`,
			'give it a cipher that is read: ssh-keygen -p -Z aes256-ctr -f FILE',
		);
	}
	blob.end();
	if (isPlain) return { kind: 'plain', signer: signerIn(secret, 'it is damaged') };
	return { kind: 'encrypted', open: (passphrase) => decrypt(secret, options, passphrase) };
}

function decrypt(secret: Buffer, options: Buffer, passphrase: string): Signer {
	const why = 'the passphrase is wrong, or it is damaged';
	const reader = new SshReader(options);
	const [salt, rounds] = [reader.bytes(), reader.number()];
	reader.end();
	if (rounds < 1 || rounds > ROUNDS_MAX) {
		throw secretUnusable(
			`its passphrase is hashed in ${rounds} rounds`,
			'give it fewer: ssh-keygen -p -a 100 -f FILE',
		);
	}
	const word = Buffer.from(passphrase);
	const derived = Buffer.alloc(CIPHER.key + CIPHER.iv);
	if (bcrypt.pbkdf(word, word.length, salt, salt.length, derived, derived.length, rounds) !== 0)
		throw secretUnusable(why);
	const decipher = createDecipheriv(
		CIPHER.openssl,
		derived.subarray(0, CIPHER.key),
		derived.subarray(CIPHER.key),
	);
	const opened = Buffer.concat([decipher.update(secret), decipher.final()]);
	return unlessDamaged(why, () => signerIn(opened, why));
}

/** `why` is the reason given if the key is malformed. */
function signerIn(secret: Buffer, why: string): Signer {
	const reader = new SshReader(secret);
	const [once, again] = [reader.number(), reader.number()];
	if (once !== again) throw secretUnusable(why);
	const kind = reader.text();
	if (kind !== 'ssh-ed25519')
		throw secretUnusable(`it is of the kind ${kind}`, 'ssh-keygen -t ed25519 makes a key that can be used');
	const publicKey = reader.bytes();
	const pair = reader.bytes();
	reader.bytes();
	const isPadded = reader.rest().every((byte, at) => byte === at + 1);
	if (!isPadded || !publicKey.equals(pair.subarray(32))) throw secretUnusable(why);
	return signerOfPair(pair, why);
}

/** Reports a file that is too short or too long as damaged. */
function unlessDamaged<T>(why: string, read: () => T): T {
	try {
		return read();
	} catch (thrown) {
		throw thrown instanceof RangeError ? secretUnusable(why) : thrown;
	}
}
