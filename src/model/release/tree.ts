/** Rules between the files of a release: no file can overwrite another or be written through a link. */

import { type HookName, parseHookName } from './hook-name.ts';
import { comparePaths, type ManifestEntry } from './manifest.ts';

/** File name of the manifest. It lists a release and is never part of one. */
export const MANIFEST_NAME = 'signalbox-manifest.json';

const SCRIPTS = 'scripts/update/';

/** Returns the first rule that these entries break, in words, or undefined. */
export function faultOfTree(entries: readonly ManifestEntry[]): string | undefined {
	return faultOfOrder(entries) ?? faultOfOverlaps(entries) ?? faultOfSizes(entries);
}

function faultOfOrder(entries: readonly ManifestEntry[]): string | undefined {
	for (const [at, { path }] of entries.entries()) {
		const before = entries[at - 1]?.path;
		if (before !== undefined && comparePaths(before, path) >= 0) {
			return before === path ? `${quoted(path)} is listed twice` : `${quoted(path)} is not in byte order`;
		}
	}
	return undefined;
}

/** Nothing lies below a file or a link, not even on file systems that treat `a` and `A` as one name. */
function faultOfOverlaps(entries: readonly ManifestEntry[]): string | undefined {
	const taken = new Map<string, string>();
	for (const { path } of entries) {
		const other = taken.get(folded(path));
		if (other !== undefined)
			return `${quoted(path)} and ${quoted(other)} are the same file on systems that ignore case or accents`;
		if (folded(path) === MANIFEST_NAME) return `${quoted(path)} is the manifest, which cannot list itself`;
		taken.set(folded(path), path);
	}
	for (const { path } of entries) {
		const above = parentsOf(folded(path)).find((parent) => taken.has(parent));
		if (above !== undefined)
			return `${quoted(path)} lies below ${quoted(taken.get(above) ?? above)}, which is not a directory`;
	}
	return undefined;
}

function faultOfSizes(entries: readonly ManifestEntry[]): string | undefined {
	const bytes = entries.reduce((sum, entry) => sum + (entry.kind === 'file' ? entry.size : 0), 0);
	return Number.isSafeInteger(bytes) ? undefined : 'the sum of the file sizes is too large';
}

/** Returns the hooks among the files of a release, in the order in which they run. */
export function hooksAmong(entries: readonly ManifestEntry[]): readonly HookName[] {
	return namedAsHooks(entries).flatMap((entry) => hookOf(entry) ?? []);
}

/** Returns why `hooks` does not match these files, or undefined. */
export function faultOfHooks(
	hooks: readonly HookName[],
	entries: readonly ManifestEntry[],
): string | undefined {
	const odd = namedAsHooks(entries).find((entry) => hookOf(entry) === undefined);
	if (odd !== undefined)
		return `${quoted(odd.path)} cannot be run: a hook is a file of mode 0755 named NN-run.sh`;
	const found = hooksAmong(entries);
	return found.join() === hooks.join()
		? undefined
		: `hooks names ${hooks.join(', ') || 'none'}, the files are ${found.join(', ') || 'none'}`;
}

/** Every entry that has the name of a hook, runnable or not. */
function namedAsHooks(entries: readonly ManifestEntry[]): readonly ManifestEntry[] {
	return entries.filter(
		({ path }) =>
			path.endsWith('-run.sh') && path.startsWith(SCRIPTS) && !path.slice(SCRIPTS.length).includes('/'),
	);
}

function hookOf(entry: ManifestEntry): HookName | undefined {
	return entry.kind === 'file' && entry.mode === 0o755
		? parseHookName(entry.path.slice(SCRIPTS.length))
		: undefined;
}

function folded(path: string): string {
	return path.normalize('NFC').toLowerCase();
}

function parentsOf(path: string): readonly string[] {
	const parts = path.split('/');
	return parts.slice(1).map((_, at) => parts.slice(0, at + 1).join('/'));
}

function quoted(path: string): string {
	return JSON.stringify(path.slice(0, 200));
}
