/**
 * The manifest: every file of a release with its mode, size and digest. Unlisted files do not belong to it.
 */
import type { Brand } from '../base/brand.ts';
import { hasControls } from '../base/control-characters.ts';

/** 64 lower-case hexadecimal digits. */
export type Sha256 = Brand<string, 'Sha256'>;

/**
 * A relative path inside a release, with `/` between its parts. No part is empty, `.`, `..` or `.git`; the
 * path has no control characters and no lone surrogates.
 */
export type ReleasePath = Brand<string, 'ReleasePath'>;

export const RELEASE_PATH_MAX = 1024;

/** Returns `text` as a path, or undefined if it is not one. Trust: none. */
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
	/** Sorted by path, in byte order, without duplicates. */
	readonly entries: readonly ManifestEntry[];
}

/** Returns an entry in words. The digest may be missing while only the file's header is known. */
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
 * Returns whether a link at `path` with `target` stays inside the release. `..` is allowed only at the start:
 * after a name it could lead out through another link (`a/link/../..`).
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

/**
 * Orders paths by their UTF-8 bytes, as git and `LC_ALL=C sort` do. JavaScript's `<` differs above U+FFFF.
 */
export function comparePaths(a: string, b: string): number {
	return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
