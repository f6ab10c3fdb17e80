/**
 * rsync takes two files of one size and one time for the same file. Hooks overlay the staged release with it, and a chain
 * of updates can stage two releases within a second: then the root would keep the old file and nobody would be told.
 */
import { lstatSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import type { Manifest } from '../../../model/release/manifest.ts';
import { lookAt } from '../../../system/files/files.ts';

/** Seconds within which two times may be taken for one: some file systems count in twos. */
const NEAR = 2;

/** Gives every staged file that could be taken for the installed file of its name a time that is surely another. */
export function makeMtimesDistinct(manifest: Manifest, staged: string, root: string): void {
	for (const entry of manifest.entries) {
		if (entry.kind !== 'file') continue;
		const installed = lookAt(join(root, entry.path));
		if (installed?.isFile() !== true || installed.size !== entry.size) continue;
		const path = join(staged, entry.path);
		const seconds = lstatSync(path).mtimeMs / 1000;
		const other = installed.mtimeMs / 1000;
		if (Math.abs(seconds - other) <= NEAR) utimesSync(path, seconds, Math.ceil(other) + NEAR);
	}
}
