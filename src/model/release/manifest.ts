/** The manifest: every file of a release with its mode, size and digest. What it does not list is not part of the release. */
import type { Brand } from '../base/brand.ts';
import { hasControls } from '../base/control-characters.ts';

/** 64 lower-case hexadecimal digits. */
export type Sha256 = Brand<string, 'Sha256'>;

/** A path inside a release: relative, `/` between its parts, no empty part, no `.`, `..` or `.git`, no control or half characters. */
export type ReleasePath = Brand<string, 'ReleasePath'>;

export const RELEASE_PATH_MAX = 1024;

/** Returns the path that `text` spells, or undefined. Trust: the text comes from a source. */
export function parseReleasePath(text: string): ReleasePath | undefined {
	if (
		text === '' ||
		text.length > RELEASE_PATH_MAX ||
		!text.isWellFormed() ||
		hasControls(text) ||
		text.includes('\\')
	)
		return undefined;
	const bad = text
		.split('/')
		.some((part) => part === '' || part === '.' || part === '..' || part.toLowerCase() === '.git');
	return bad ? undefined : (text as ReleasePath);
}

export type ManifestEntry =
	| {
			readonly kind: 'file';
			readonly path: ReleasePath;
			readonly mode: 0o644 | 0o755;
			readonly size: number;
			readonly sha256: Sha256;
	  }
	/** `target` is relative and stays inside the release. */
	| { readonly kind: 'link'; readonly path: ReleasePath; readonly target: string };

export interface Manifest {
	readonly schema: 1;
	/** Sorted by path, in byte order; no path twice. */
	readonly entries: readonly ManifestEntry[];
}

/** Returns an entry in words, for those who compare it with another. Without a digest: a file of which only the head is known. */
export function describeEntry(
	entry: Omit<ManifestEntry & { kind: 'file' }, 'sha256'> | ManifestEntry,
): string {
	const { path } = entry;
	switch (entry.kind) {
		case 'file': {
			const digest = 'sha256' in entry ? `, sha256 ${entry.sha256}` : '';
			return `the file ${JSON.stringify(path)}, mode ${entry.mode.toString(8)}, ${entry.size} bytes${digest}`;
		}
		case 'link':
			return `the link ${JSON.stringify(path)} to ${JSON.stringify(entry.target)}`;
	}
}

/**
 * Returns whether a link at `path` with `target` stays inside the release. `..` may stand at the start alone: behind a name
 * it would lead out through another link (`a/link/../..`).
 */
export function linkStaysInside(path: ReleasePath, target: string): boolean {
	if (target === '' || target.startsWith('/') || target.length > RELEASE_PATH_MAX || hasControls(target))
		return false;
	if (target.includes('\\')) return false;
	if (!target.isWellFormed()) return false;
	const parts = target.split('/').filter((part) => part !== '' && part !== '.');
	const down = parts.findIndex((part) => part !== '..');
	const up = down === -1 ? parts.length : down;
	return up < path.split('/').length && !parts.slice(up).includes('..');
}

/** Orders paths by their bytes in UTF-8, as git and `LC_ALL=C sort` do; `<` of JavaScript differs beyond U+FFFF. */
export function comparePaths(a: string, b: string): number {
	return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
