/**
 * Point R. `do` backs up everything that the release may touch: the files that its filters include, the data
 * that the configuration names, and the owner and mode of everything. `undo` restores all of it.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { backUpTree, dataIn, restoreTree } from '../backup/backup-tree.ts';
import { endAllOf } from '../run-script.ts';
import { filtersIn } from '../stage/filters.ts';
import { stagedNow } from '../stage/staged.ts';
import type { StepHandler } from '../step-handler.ts';
import { sparePaths } from '../world.ts';

export const backup: StepHandler<'backup'> = {
	async do(world) {
		const dir = join(world.dir, 'backup');
		mkdirSync(dir, { recursive: true, mode: 0o700 });
		const staged = stagedNow(world);
		const older = join(world.layout.changes, world.opened.of ?? '', 'backup');
		const filters = filtersIn(
			staged === undefined ? join(older, 'filters') : join(staged, 'scripts/update'),
			sparePaths(world),
		);
		// A rollback may restore data that today's configuration no longer names.
		const data = [
			...world.config.install.data,
			...(world.opened.of === null ? [] : dataIn(older).map(({ path }) => path)),
		];
		return { dir, bytes: await backUpTree(world, dir, filters, [...new Set(data)]) };
	},
	async undo(world) {
		// Before R the backup may be partial, and nothing needs it. A sealed backup is kept until the change is
		// closed: the
		// operator needs it when the old release does not start.
		if (!world.points().R) return;
		await endAllOf(world);
		await restoreTree(world, join(world.dir, 'backup'), 'restore');
	},
};
