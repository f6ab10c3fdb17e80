/**
 * Checks the file names and the configuration of a store. The user who runs git owns the store, so a
 * compromised git could plant something there for the next one. A store with unexpected content is not used
 * again.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { lookAt } from '../files/directories.ts';
import { readSmall } from '../files/read-file.ts';

const NAMES: ReadonlySet<string> = new Set([
	'HEAD',
	'config',
	'objects',
	'refs',
	'reftable',
	'packed-refs',
	'shallow',
]);

/** What `git init` writes. No line of it names a program, a file or a directory. */
const SETTING = new RegExp(
	`^(?:${[
		String.raw`\[(?:core|extensions)\]`,
		'(?:repositoryformatversion|filemode|bare|symlinks|ignorecase|precomposeunicode|objectformat|refstorage) = \\w+',
	].join('|')})?$`,
	'i',
);
const CONFIG_MAX_BYTES = 4096;

/**
 * Returns whether the store contains only what `git init` and fetches create: no hooks, no alternates, no
 * other configuration.
 */
export function isAsMade(store: string): boolean {
	return (
		namesIn(store).every((name) => NAMES.has(name) && isOwn(join(store, name))) &&
		hasOwnObjects(store) &&
		isPlain(join(store, 'config'))
	);
}

function hasOwnObjects(store: string): boolean {
	const info = join(store, 'objects/info');
	return (
		isOwn(info) &&
		namesIn(info).every((name) => name === 'packs') &&
		lookAt(join(store, 'refs/replace')) === undefined
	);
}

function isOwn(path: string): boolean {
	return lookAt(path)?.isSymbolicLink() !== true;
}

/** Empty if the path is not a directory. */
function namesIn(path: string): readonly string[] {
	return lookAt(path)?.isDirectory() === true ? readdirSync(path) : [];
}

function isPlain(config: string): boolean {
	const read = readSmall(config, CONFIG_MAX_BYTES);
	if (read.kind !== 'file') return false;
	return read.bytes
		.toString('latin1')
		.split('\n')
		.every((line) => SETTING.test(line.trim()));
}
