/**
 * Reads secret Ed25519 keys of PKCS#8 (openssl), OpenSSH (ssh-keygen) and minisign, with or without a
 * passphrase. A key's file format does not limit the format of its signatures.
 */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { decodeText } from '../../model/base/json.ts';
import { readMinisignSecret } from './minisign-secret.ts';
import { readOpensshSecret } from './openssh-secret.ts';
import { type Secret, secretUnusable, signerOf } from './signer.ts';

/** No key file is larger. */
const SECRET_MAX_BYTES = 16 * 1024;

/**
 * Parses a secret key file. Throws `key-unusable`; `open` throws it for a wrong passphrase. Errors reveal
 * nothing of the file.
 */
export function readSecretKey(file: Uint8Array): Secret {
	const text = file.length > SECRET_MAX_BYTES ? undefined : decodeText(file);
	if (text === undefined) throw secretUnusable('it is no text of a key');
	if (text.startsWith('untrusted comment:')) return readMinisignSecret(text);
	const [, label = ''] = /^-----BEGIN ([A-Z0-9 ]+)-----\r?\n/.exec(text) ?? [];
	switch (label) {
		case 'OPENSSH PRIVATE KEY':
			return readOpensshSecret(text);
		case 'PRIVATE KEY':
			return { kind: 'plain', signer: signerOf(readPkcs8(text, undefined)) };
		case 'ENCRYPTED PRIVATE KEY':
			return { kind: 'encrypted', open: (passphrase) => signerOf(readPkcs8(text, passphrase)) };
		case '':
			throw secretUnusable('it is in none of the supported formats');
		default:
			throw secretUnusable(`it is a ${label.toLowerCase()}`);
	}
}

function readPkcs8(text: string, passphrase: string | undefined): KeyObject {
	try {
		return createPrivateKey({
			key: text,
			format: 'pem',
			...(passphrase === undefined ? {} : { passphrase }),
		});
	} catch {
		throw secretUnusable(
			passphrase === undefined
				? 'its PKCS#8 cannot be read'
				: 'the passphrase is wrong, or its PKCS#8 is damaged',
		);
	}
}
