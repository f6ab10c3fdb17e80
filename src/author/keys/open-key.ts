/** Opens the keys that authors sign with, whatever their form. */
import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { resolve } from 'node:path';
import type { World } from '../../terminal/world.ts';
import { fileAt } from '../repository/live.ts';
import { type Passphrases, passphrasesFrom } from './passphrase.ts';
import { keyUnusable, type PublicKey, parsePublicKey, publicKeyOfHex } from './public-key.ts';

export interface Signer {
	/** For people. */
	readonly path: string;
	readonly publicKey: PublicKey;
	/** Returns the Ed25519 signature, 64 bytes. */
	sign(bytes: Uint8Array): Uint8Array;
}

const KEY_MAX = 64 * 1024;

/** Opens secret keys in their order. Throws `key-unusable`, `passphrase-needed` and `usage`. */
export async function openKeys(paths: readonly string[], passphraseFiles: readonly string[], world: World): Promise<readonly Signer[]> {
	const passphrases = passphrasesFrom(passphraseFiles, world);
	const signers: Signer[] = [];
	for (const path of paths) signers.push(await openKey(resolve(world.cwd, path), signers.length, passphrases));
	return signers;
}

async function openKey(path: string, number: number, passphrases: Passphrases): Promise<Signer> {
	const text = textAt(path);
	if (!/-----BEGIN (ENCRYPTED )?PRIVATE KEY-----/.test(text)) throw keyUnusable(path, 'it is no secret key in a form known here');
	const passphrase = text.includes('ENCRYPTED') ? await passphrases.open(path, number) : undefined;
	return signerOf(path, text, passphrase);
}

function signerOf(path: string, pem: string, passphrase: string | undefined): Signer {
	try {
		const secret = createPrivateKey({ key: pem, ...(passphrase === undefined ? {} : { passphrase }) });
		const der = createPublicKey(secret).export({ type: 'spki', format: 'der' });
		const publicKey = secret.asymmetricKeyType === 'ed25519' ? publicKeyOfHex(der.subarray(-32).toString('hex')) : undefined;
		if (publicKey === undefined) throw keyUnusable(path, 'it is not an Ed25519 key');
		return { path, publicKey, sign: (bytes) => sign(null, bytes, secret) };
	} catch (thrown) {
		if (thrown instanceof Error && thrown.name === 'Problem') throw thrown;
		throw keyUnusable(path, passphrase === undefined ? 'it is damaged' : 'the passphrase is wrong, or it is damaged');
	}
}

/** Returns the public key in a file: of a public key, or of a secret key that is not encrypted. Throws `key-unusable`. */
export function readPublicKey(path: string): PublicKey {
	const text = textAt(path);
	const found = parsePublicKey(text);
	if (found !== undefined) return found;
	if (text.includes('-----BEGIN PRIVATE KEY-----')) return signerOf(path, text, undefined).publicKey;
	throw keyUnusable(path, 'it is no public key: name the file beside the secret one (.pub)');
}

function textAt(path: string): string {
	const bytes = fileAt(path, KEY_MAX);
	if (bytes === undefined) throw keyUnusable(path, 'there is no such file');
	return Buffer.from(bytes).toString('utf8');
}
