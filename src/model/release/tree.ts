/** What must hold between the files of a release, so that no system can write one over the other or through a link. */

import { type HookName, parseHookName } from './hook-name.ts';
import { comparePaths, type ManifestEntry } from './manifest.ts';

/** The manifest as a file. It lists a release and so is never in one. */
export const MANIFEST_NAME = 'signalbox-manifest.json';

const SCRIPTS = 'scripts/update/';

/** Returns what is wrong between these entries, or undefined. */
export function faultOfTree(entries: readonly ManifestEntry[]): string | undefined {
	return faultOfOrder(entries) ?? faultOfPlaces(entries) ?? faultOfSizes(entries);
}

function faultOfOrder(entries: readonly ManifestEntry[]): string | undefined {
	for (const [at, { path }] of entries.entries()) {
		const before = entries[at - 1]?.path;
		if (before !== undefined && comparePaths(before, path) >= 0) {
			return before === path
				? `${quoted(path)} stands there twice`
				: `${quoted(path)} does not stand in byte order`;
		}
	}
	return undefined;
}

/** Nothing lies below a file or a link, on systems that do not tell `a` from `A` either. */
function faultOfPlaces(entries: readonly ManifestEntry[]): string | undefined {
	const taken = new Map<string, string>();
	for (const { path } of entries) {
		const other = taken.get(folded(path));
		if (other !== undefined)
			return `${quoted(path)} and ${quoted(other)} are one file on systems that fold case or accents`;
		if (folded(path) === MANIFEST_NAME) return `${quoted(path)} would be in the release it lists`;
		taken.set(folded(path), path);
	}
	for (const { path } of entries) {
		const above = parentsOf(folded(path)).find((parent) => taken.has(parent));
		if (above !== undefined)
			return `${quoted(path)} lies below ${quoted(taken.get(above) ?? above)}, which is no directory`;
	}
	return undefined;
}

function faultOfSizes(entries: readonly ManifestEntry[]): string | undefined {
	const bytes = entries.reduce((sum, entry) => sum + (entry.kind === 'file' ? entry.size : 0), 0);
	return Number.isSafeInteger(bytes)
		? undefined
		: 'the sizes of the files add up to more than can be counted';
}

/** Returns the hooks among the files of a release, in the order they run. */
export function hooksAmong(entries: readonly ManifestEntry[]): readonly HookName[] {
	return namedAsHooks(entries).flatMap((entry) => hookOf(entry) ?? []);
}

/** Returns why `hooks` is not what these files are, or undefined. */
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

/** All that the updater would take for a hook, or refuse as one. */
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
