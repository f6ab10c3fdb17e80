/**
 * By hand: puts an older backup back over the installed release. Its undo is the backup's that was made just
 * before.
 */
import { join } from 'node:path';
import { problem } from '../../../model/base/error.ts';
import { DEFAULT_DATA } from '../../../model/change/rollback-preview.ts';
import { putBack } from '../backup/backup-tree.ts';
import type { StepHandler } from './handler.ts';

export const restore: StepHandler<'restore'> = {
	async do(world) {
		const { of } = world.opened;
		if (of === null) throw problem('internal', 'cannot roll back to no change', 'please report this');
		await putBack(world, join(world.layout.changes, of, 'backup'), world.opened.data ?? DEFAULT_DATA);
		return { of };
	},
};
