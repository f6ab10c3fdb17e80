/**
 * Checks that the change will fit on the disk before anything is fetched, and refuses leftovers of an older
 * update.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { partsOfRollback, partsOfUpdate, spacePlan } from '../../../engine/space.ts';
import { problem } from '../../../model/base/error.ts';
import type { SpacePlan } from '../../../model/change/space.ts';
import { requireMinimumVersion } from '../plan/minimum-version.ts';
import { disksOf, requireFit, sizesBelow, sizesOfData, sizesOfManaged } from '../plan/space.ts';
import type { StepHandler } from '../step-handler.ts';
import { type ChangeWorld, rsyncPlace } from '../world.ts';

export const reserve: StepHandler<'reserve'> = {
	async do(world) {
		if (world.opened.kind === 'update') requireMinimumVersion(world, world.opened.to);
		// A rollback ignores leftovers of hooks: it removes them together with their release.
		if (world.opened.kind === 'update') refuseOldBackup(world.layout.root);
		const plan = world.opened.kind === 'update' ? await planUpdate(world) : await planRollback(world);
		requireFit(plan);
		const need = plan.places.reduce((sum, place) => sum + place.need, 0);
		return { need, free: Math.min(...plan.places.map(({ free }) => free)), parts: plan.parts };
	},
};

async function planUpdate(world: ChangeWorld): Promise<SpacePlan> {
	const disks = disksOf(world);
	const managed = await sizesOfManaged(world);
	const data = await sizesOfData(world, world.config.install.data);
	const release = await world.source.known(world.opened.tag);
	const from = release === undefined ? 'installed' : 'release';
	return spacePlan(world.opened.tag, from, partsOfUpdate({ managed, data, release }, disks), disks);
}

/** Needs no source: the backup is on this box. */
async function planRollback(world: ChangeWorld): Promise<SpacePlan> {
	const disks = disksOf(world);
	const managed = await sizesOfManaged(world);
	const data = await sizesOfData(world, world.config.install.data);
	const backup = join(world.layout.changes, world.opened.of ?? '', 'backup');
	const place = rsyncPlace(world);
	const entries = [
		...(await sizesBelow(join(backup, 'tree'), place)),
		...(await sizesBelow(join(backup, 'data'), place)),
	];
	return spacePlan(world.opened.tag, 'release', partsOfRollback({ managed, data, entries }, disks), disks);
}

/** Real hooks refuse to start beside an older backup, or continue without making one: root checks first. */
function refuseOldBackup(root: string): void {
	const found = readdirSync(root).filter((name) => /^\..+-backup$/.test(name));
	if (found.length === 0) return;
	throw problem(
		'old-backup',
		`cannot update: an older update left ${found.join(', ')} in the root`,
		'check it, then move it away or remove it',
		{
			facts: { paths: found.map((name) => join(root, name)) },
		},
	);
}
