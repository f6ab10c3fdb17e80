/**
 * The operator accepts the root after a failed rollback. Leftovers of that change are removed: its staging,
 * the hooks' own backups, the modes of shared paths, a stopped karen. Its backup stays until the next update
 * is committed.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pointsOf } from '../../../engine/change/pipeline.ts';
import { openedOf } from '../../../model/change/journal.ts';
import { restoreSharedPaths } from '../../access/shared-paths.ts';
import { ensureKaren } from '../health/ensure-karen.ts';
import { readJournal } from '../journal/change-journal.ts';
import { removeStaging } from '../stage/staged.ts';
import type { ChangeWorld } from '../world.ts';
import { removeHooksBackups } from './backup-tree.ts';

/** Removes the leftovers of the change that `world.opened.of` names. Safe to repeat. */
export async function removeTroubleLeftovers(world: ChangeWorld): Promise<void> {
	const { of } = world.opened;
	const journal = of === null ? [] : readJournal(world.layout, of);
	const opened = openedOf(journal);
	if (of === null || opened === undefined) return;
	const dir = join(world.layout.changes, of);
	const troubled: ChangeWorld = {
		...world,
		opened,
		dir,
		journal: () => journal,
		points: () => pointsOf(journal),
	};
	removeStaging(world.layout.root, opened, journal);
	if (existsSync(join(dir, 'backup/hidden'))) removeHooksBackups(world.layout.root, join(dir, 'backup'));
	restoreSharedPaths(troubled);
	await ensureKaren(troubled);
}
