/**
 * Tags: the names of releases in a source. Only a `Tag`, never a plain string, reaches git, a path or a hook.
 */
import type { Brand } from '../base/brand.ts';
import { parseVersion, type Version } from './version.ts';

/**
 * A version with or without a leading `v`: `v1.2.3`, `0.5.4`, `v1.0.0-rc.1`. Safe as a file name and as an
 * argument.
 */
export type Tag = Brand<string, 'Tag'>;

const GRAMMAR = /^v?[0-9]+\.[0-9]+\.[0-9]+(?:[-+][0-9A-Za-z.+-]+)?$/;

/**
 * Returns `text` as a tag, or undefined. A tag never starts with a dash or contains a slash, a quote or `..`.
 */
export function parseTag(text: unknown): Tag | undefined {
	if (typeof text !== 'string' || text.length > 100 || !GRAMMAR.test(text) || text.includes('..'))
		return undefined;
	return parseVersion(text) === undefined ? undefined : (text as Tag);
}

/**
 * Returns the version in a tag's name. The `info.json` of the tagged tree may differ: real tags were moved.
 */
export function versionOfTag(tag: Tag): Version {
	return parseVersion(tag) as Version;
}

/** Returns the possible tags of a version, the usual one first (Umbrel dropped the `v` at 1.1.0). */
export function tagsOfVersion(version: Version): readonly [Tag, Tag] {
	return [`v${version}` as Tag, version as string as Tag];
}
