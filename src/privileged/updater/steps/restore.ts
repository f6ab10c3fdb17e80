/**
 * Rollback by hand: restores an older backup over the installed release. The undo of `backup`, made just
 * before, reverts it.
 */
import { join } from 'node:path';
import { problem } from '../../../model/base/error.ts';
import { DEFAULT_DATA } from '../../../model/change/rollback-preview.ts';
import { restoreTree } from '../backup/backup-tree.ts';
import type { StepHandler } from '../step-handler.ts';

export const restore: StepHandler<'restore'> = {
	async do(world) {
		const { of } = world.opened;
		if (of === null) throw problem('internal', 'cannot roll back to no change', 'please report this');
		await restoreTree(world, join(world.layout.changes, of, 'backup'), world.opened.data ?? DEFAULT_DATA);
		return { of };
	},
};
