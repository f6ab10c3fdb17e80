/**
 * `installed.json`: the release that root installed last, with every path that it and its hooks brought into
 * the root.
 */

import { type FileFormat, objectFormat } from '../../../model/base/file-format.ts';
import { asObject } from '../../../model/base/json.ts';
import type { ChangeId } from '../../../model/change/change.ts';
import { parseTag, type Tag } from '../../../model/release/tag.ts';
import { parseVersion, type Version } from '../../../model/release/version.ts';
import { readValue, StateFile } from '../../../system/files/state-file.ts';

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

const FORMAT: FileFormat<Installed> = objectFormat(MAX_BYTES, (object) => {
	if (parseVersion(object['version']) === undefined || parseTag(object['tag']) === undefined)
		return undefined;
	if (!Array.isArray(object['paths']) || asObject(object['digests']) === undefined) return undefined;
	// Only root writes this file, by the function below.
	return object as unknown as Installed;
});

/**
 * Returns what root last installed; undefined where nothing is recorded, or `version` was installed by other
 * means.
 */
export function readInstalled(path: string, version: Version): Installed | undefined {
	const installed = readValue(path, FORMAT);
	return installed?.version === version ? installed : undefined;
}

/** Records what a change installed. Crash: the record of before, or this one. */
export function writeInstalled(path: string, installed: Installed): void {
	new StateFile(path, FORMAT, (value) => value).write(installed);
}
