/** A copy of `installed.json` from before a change, kept with the change: a rollback by hand restores it. */
import { join } from 'node:path';
import type { Version } from '../../../model/release/version.ts';
import { removeTree } from '../../../system/files/directories.ts';
import { readSmall } from '../../../system/files/read-file.ts';
import { replaceDurably } from '../../../system/files/replace-file.ts';
import type { ChangeWorld } from '../world.ts';
import { type Installed, readInstalled } from './installed.ts';

const MAX_BYTES = 64 * 1024 * 1024;

function remembered(dir: string): string {
	return join(dir, 'installed-before.json');
}

export function recordInstalledBefore(world: ChangeWorld): void {
	const read = readSmall(world.layout.installed, MAX_BYTES);
	if (read.kind === 'file') replaceDurably(remembered(world.dir), read.bytes);
}

/**
 * Returns what was installed before the change in `dir`, if it was this version and root had installed it.
 */
export function installedBefore(dir: string, version: Version): Installed | undefined {
	return readInstalled(remembered(dir), version);
}

/** Restores the copy of the change in `dir`, if there was one. */
export function restoreInstalled(world: ChangeWorld, dir: string): void {
	const read = readSmall(remembered(dir), MAX_BYTES);
	if (read.kind === 'file') replaceDurably(world.layout.installed, read.bytes);
	else removeTree(world.layout.installed);
}
