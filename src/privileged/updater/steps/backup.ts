/**
 * Point R. Do keeps all that the release may touch: the files its filters let through, the data the
 * configuration names, and the owner and mode of everything. Undo brings it all back, whatever the hooks
 * left.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { dataIn, keepTree, putBack } from '../backup/backup-tree.ts';
import { endAllOf } from '../run-script.ts';
import { filtersIn } from '../stage/filters.ts';
import { stagedNow } from '../stage/staged.ts';
import { sparePaths } from '../world.ts';
import type { StepHandler } from './handler.ts';

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
		// A rollback may bring back data that today's configuration no longer names.
		const data = [
			...world.config.install.data,
			...(world.opened.of === null ? [] : dataIn(older).map(({ path }) => path)),
		];
		return { dir, bytes: await keepTree(world, dir, filters, [...new Set(data)]) };
	},
	async undo(world) {
		// Cut before R there may be half a backup, and nothing that would need one. What is sealed is kept until
		// the
		// change is closed: the operator needs it when the old release does not start.
		if (!world.points().R) return;
		await endAllOf(world);
		await putBack(world, join(world.dir, 'backup'), 'restore');
	},
};
