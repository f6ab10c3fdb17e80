/**
 * rsync treats two files with equal size and mtime as identical. Hooks overlay the staged release with rsync,
 * and a path of updates can stage two releases within a second: the root would silently keep the old file.
 */
import { lstatSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import type { Manifest } from '../../../model/release/manifest.ts';
import { lookAt } from '../../../system/files/directories.ts';

/**
 * Seconds within which two mtimes may compare as equal: some file systems have a resolution of two seconds.
 */
const NEAR = 2;

/** Gives every staged file that rsync could take for the installed one a clearly different mtime. */
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
