/** The staged release of a change: where its directory and its manifest are, and how both are removed. */
import { join } from 'node:path';
import { type Journal, type Opened, recordOfStep } from '../../../model/change/journal.ts';
import { removeTree } from '../../../system/files/directories.ts';
import type { ChangeWorld } from '../world.ts';
import { findStaging, stagingPath } from './staging.ts';

/**
 * Returns the current path of the staging directory, or undefined when it is gone; hooks may have renamed it.
 */
export function stagedNow(world: ChangeWorld): string | undefined {
	const record = recordOfStep(world.journal(), 'stage');
	return record === undefined ? undefined : findStaging(world.layout.root, record.inode);
}

/** Returns where the manifest of the staged release is kept, in root's own directory. */
export function manifestPath(world: Pick<ChangeWorld, 'dir'>): string {
	return join(world.dir, 'manifest.json');
}

/** Removes what a change staged, also where a hook renamed it. */
export function removeStaging(root: string, opened: Opened, journal: Journal): void {
	removeTree(stagingPath(root, opened));
	const record = recordOfStep(journal, 'stage');
	const moved = record === undefined ? undefined : findStaging(root, record.inode);
	if (moved !== undefined) removeTree(moved);
}
