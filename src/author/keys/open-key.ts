/** Opens authors' signing keys of any format. */
import { resolve } from 'node:path';
import { Problem, problem } from '../../model/base/error.ts';
import type { World } from '../../terminal/world.ts';
import { fileAt } from '../repository/live.ts';
import { type Passphrases, passphrasesFrom } from './passphrase.ts';
import { keyUnusable, type PublicKey, parsePublicKey, publicKeyOf } from './public-key.ts';
import { readSecretKey } from './secret-key.ts';
import type { Signer } from './signer.ts';

/** An opened secret key. */
export interface OpenKey {
	/** Displayed name. */
	readonly path: string;
	/** The file's format, which is only the default format for detached signatures. */
	readonly form: 'pkcs8' | 'openssh' | 'minisign';
	readonly publicKey: PublicKey;
	readonly signer: Signer;
}

const KEY_MAX = 64 * 1024;

/** Opens secret keys in order. Throws `key-unusable`, `passphrase-needed` and `usage`. */
export async function openKeys(
	paths: readonly string[],
	passphraseFiles: readonly string[],
	world: World,
): Promise<readonly OpenKey[]> {
	const passphrases = passphrasesFrom(passphraseFiles, world);
	const keys: OpenKey[] = [];
	for (const path of paths) keys.push(await openKey(resolve(world.cwd, path), keys.length, passphrases));
	return keys;
}

async function openKey(path: string, number: number, passphrases: Passphrases): Promise<OpenKey> {
	const bytes = bytesAt(path);
	const secret = named(path, () => readSecretKey(bytes));
	const passphrase = secret.kind === 'plain' ? '' : await passphrases.open(path, number);
	const signer = secret.kind === 'plain' ? secret.signer : named(path, () => secret.open(passphrase));
	return { path, form: formOf(bytes), publicKey: publicKeyOf(signer.publicKey), signer };
}

function formOf(bytes: Uint8Array): OpenKey['form'] {
	const start = Buffer.from(bytes.subarray(0, 40)).toString('latin1');
	if (start.startsWith('untrusted comment:')) return 'minisign';
	return start.includes('OPENSSH') ? 'openssh' : 'pkcs8';
}

/** Adds the file's name to an error, because one command opens several keys. */
function named<T>(path: string, act: () => T): T {
	try {
		return act();
	} catch (thrown) {
		if (!(thrown instanceof Problem)) throw thrown;
		const { code, message, hint, facts } = thrown.record;
		throw problem(code, `${path}: ${message}`, hint, { facts: { ...facts, path } });
	}
}

/** Reads the public key from a public key file or an unencrypted secret key file. Throws `key-unusable`. */
export function readPublicKey(path: string): PublicKey {
	const bytes = bytesAt(path);
	const found = named(path, () => parsePublicKey(Buffer.from(bytes).toString('utf8')));
	if (found !== undefined) return found;
	const secret = named(path, () => readSecretKey(bytes));
	if (secret.kind === 'plain') return publicKeyOf(secret.signer.publicKey);
	throw keyUnusable(
		path,
		'it is an encrypted secret key: name the file with the public one beside it (.pub)',
	);
}

function bytesAt(path: string): Uint8Array {
	const bytes = fileAt(path, KEY_MAX);
	if (bytes === undefined) throw keyUnusable(path, 'there is no such file');
	return bytes;
}
