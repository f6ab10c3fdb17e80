/** Counts the space that the change will need, before anything is fetched, and looks for what an older update left behind. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { problem } from '../../../model/error.ts';
import { formatSize } from '../../../model/units.ts';
import { freeBytes } from '../../../system/disk.ts';
import { listManaged } from '../../../system/rsync.ts';
import { filtersIn } from '../filters.ts';
import { type ChangeWorld, rsyncPlace, sparePaths, type World } from '../world.ts';
import type { StepHandler } from './handler.ts';

export const reserve: StepHandler<'reserve'> = {
	async do(world) {
		// What hooks of the release that is to be got rid of left goes with it.
		if (world.opened.kind === 'update') refuseOldBackup(world.layout.root);
		const managed = await managedBytes(world);
		// The release is written beside the installed one, which is then copied; the next one is seldom twice as large.
		const need = 3 * managed + world.config.install.spare;
		return { need, free: requireSpace(world, need) };
	},
	undo: 'nothing-to-undo',
};

/** Returns the free bytes of the fuller of the two file systems. Throws `space-missing` when `need` does not fit. */
export function requireSpace(world: World, need: number): number {
	const free = Math.min(freeBytes(world.layout.root), freeBytes(world.layout.state));
	if (free >= need) return free;
	throw problem(
		'space-missing',
		`cannot update: ${formatSize(need)} must be free and ${formatSize(free)} are`,
		`free ${formatSize(need - free)} and ask again`,
		{
			retry: 'later',
			facts: { need, free },
		},
	);
}

/** Real hooks refuse to start beside an older backup, and some go on without one: root looks first. */
function refuseOldBackup(root: string): void {
	const found = readdirSync(root).filter((name) => /^\..+-backup$/.test(name));
	if (found.length === 0) return;
	throw problem(
		'old-backup',
		`cannot update: an older update left ${found.join(', ')} in the root`,
		'look at it, then move it away or remove it',
		{
			facts: { paths: found.map((name) => join(root, name)) },
		},
	);
}

async function managedBytes(world: ChangeWorld): Promise<number> {
	const filters = filtersIn(world.layout.hooks, sparePaths(world));
	const managed = await listManaged(world.layout.root, filters, rsyncPlace(world));
	return managed.reduce((sum, one) => sum + one.size, 0);
}
