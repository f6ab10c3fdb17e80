/**
 * Reads passphrases from files (or descriptors, such as /dev/fd/3) or a terminal, never from the command
 * line.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { problem, recordOf } from '../../model/base/error.ts';
import { usage } from '../../terminal/subcommand.ts';
import type { World } from '../../terminal/world.ts';

const LONGEST = 1024;
/** Minimum length: it alone protects a secret key on a lost USB stick. */
const SHORTEST = 8;

export interface Passphrases {
	/**
	 * Returns the passphrase of the key at `path`; `number` counts the opened keys from 0. Throws
	 * `passphrase-needed`.
	 */
	open(path: string, number: number): Promise<string>;
	/** Returns a passphrase for new keys, asking twice. Throws `passphrase-needed`. */
	choose(): Promise<string>;
}

/** `files`: one for all keys, or one per key in the keys' order. */
export function passphrasesFrom(files: readonly string[], world: World): Passphrases {
	const written = (number: number) => {
		const file = files[Math.min(number, files.length - 1)];
		return file === undefined ? undefined : readPassphrase(resolve(world.cwd, file));
	};
	return {
		async open(path, number) {
			const found = written(number) ?? (await world.askSecret(`Passphrase of ${path}`));
			if (found !== undefined) return found;
			throw needed(`cannot open ${path}: it is encrypted, and there is no terminal to ask at`);
		},
		async choose() {
			const found = written(0);
			if (found !== undefined) return requireLong(found);
			const first = await world.askSecret('A passphrase for the new keys');
			if (first === undefined)
				throw needed('cannot make keys without a passphrase: there is no terminal to ask at');
			if ((await world.askSecret('The same once more')) !== requireLong(first))
				throw usage('cannot use the passphrase: the two are not the same', 'try again');
			return first;
		},
	};
}

function requireLong(passphrase: string): string {
	if (passphrase.length >= SHORTEST) return passphrase;
	throw usage(
		`cannot use a passphrase of less than ${SHORTEST} characters`,
		'take a longer one: five words chosen by dice are good',
	);
}

/** Returns the first line of the file. */
function readPassphrase(path: string): string {
	try {
		const [line = ''] = readFileSync(path, 'utf8').split('\n');
		if (line !== '' && line.length <= LONGEST) return line;
	} catch (thrown) {
		throw usage(
			`cannot read the passphrase in ${path}: ${recordOf(thrown).message}`,
			'name a file that holds it in its first line',
		);
	}
	throw usage(
		`cannot read the passphrase in ${path}: its first line is empty or too long`,
		'name a file that holds it in its first line',
	);
}

function needed(message: string): Error {
	return problem('passphrase-needed', message, 'give --passphrase-file FILE; /dev/fd/N works too');
}
