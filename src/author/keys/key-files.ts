/**
 * Writes new keys to disk: a secret file that only its owner can read, and a public file beside it. Never
 * overwrites a file.
 */
import { closeSync, constants, openSync } from 'node:fs';
import { join } from 'node:path';
import { problem } from '../../model/base/error.ts';
import { lookAt, makeDirectory } from '../../system/files/directories.ts';
import { writePrivateFile } from '../../system/files/private-file.ts';
import { publicPem } from './public-key.ts';
import type { NewKey } from './secret-pem.ts';

const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;

export function keyPaths(directory: string, name: string): readonly [secret: string, publicOne: string] {
	return [join(directory, `${name}.pem`), join(directory, `${name}.pub`)];
}

/** Throws `would-overwrite` if any of these files exists, before a key is made. */
export function requireFree(directory: string, names: readonly string[]): void {
	const there = names
		.flatMap((name) => keyPaths(directory, name))
		.filter((path) => lookAt(path) !== undefined);
	if (there.length === 0) return;
	throw problem(
		'would-overwrite',
		`cannot make the keys: ${there[0]} is there already`,
		'keys are never written over: name another directory with --keys',
		{
			facts: { there },
		},
	);
}

/** Writes both files durably. */
export function writeKey(directory: string, name: string, key: NewKey, passphrase: string | undefined): void {
	const [secret, publicOne] = keyPaths(directory, name);
	makeDirectory(directory, 0o700);
	writeNew(secret, key.pem(passphrase), 0o600);
	writeNew(publicOne, publicPem(key.publicKey), 0o644);
}

/** An empty file reserves the name: a concurrent keygen fails instead of replacing a key. */
function writeNew(path: string, text: string, mode: number): void {
	closeSync(openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode));
	writePrivateFile(path, text, mode);
}
