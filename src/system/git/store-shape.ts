/**
 * What a store of ours holds, by names and by its configuration. Whoever runs git owns the store: one that
 * was led astray once could leave there what leads the next one astray, and so a store with more in it than
 * we made is not used again.
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

/** What `git init` writes. No line of it names a program, a file or a place. */
const SETTING = new RegExp(
	`^(?:${[
		String.raw`\[(?:core|extensions)\]`,
		'(?:repositoryformatversion|filemode|bare|symlinks|ignorecase|precomposeunicode|objectformat|refstorage) = \\w+',
	].join('|')})?$`,
	'i',
);
const CONFIG_MAX_BYTES = 4096;

/**
 * Returns whether the store is as `git init` and fetches leave it: no hooks, no borrowed objects, no words of
 * others in its configuration.
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

/** Empty for what is no directory. */
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
