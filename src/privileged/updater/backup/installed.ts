/**
 * `installed.json`: the release that root installed last, with every path that it and its hooks brought into
 * the root.
 */

import { asObject, decodeText, parseJson } from '../../../model/base/json.ts';
import type { ChangeId } from '../../../model/change/change.ts';
import { parseTag, type Tag } from '../../../model/release/tag.ts';
import { parseVersion, type Version } from '../../../model/release/version.ts';
import { readSmall, replaceDurably } from '../../../system/files/files.ts';

/** Enough for the paths of a hundred thousand files. */
const MAX_BYTES = 64 * 1024 * 1024;

export interface Installed {
	readonly schema: 1;
	readonly version: Version;
	readonly tag: Tag;
	/** The change that installed it. */
	readonly change: ChangeId;
	/** SHA-256 of its manifest. */
	readonly manifest: string;
	/** SHA-256 of files that root may run from the root later, by path. */
	readonly digests: Readonly<Record<string, string>>;
	/** The paths that it brought: relative, sorted. */
	readonly paths: readonly string[];
}

/**
 * Returns what root installed last, or undefined: nothing yet, or the root was changed since (`version`
 * differs).
 */
export function readInstalled(path: string, version: Version): Installed | undefined {
	const read = readSmall(path, MAX_BYTES);
	const text = read.kind === 'file' ? decodeText(read.bytes) : undefined;
	const parsed = parseJson(text ?? '');
	const object = parsed.kind === 'json' ? asObject(parsed.value) : undefined;
	if (
		object === undefined ||
		parseVersion(object['version']) !== version ||
		parseTag(object['tag']) === undefined
	)
		return undefined;
	if (!Array.isArray(object['paths']) || asObject(object['digests']) === undefined) return undefined;
	// Root's own file, written only below.
	return object as unknown as Installed;
}

export function writeInstalled(path: string, installed: Installed): void {
	replaceDurably(path, `${JSON.stringify(installed)}\n`);
}
