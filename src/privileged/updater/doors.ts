/**
 * The doors between root and the manager. Real hooks give the whole root to another user, and some releases delete
 * `events/signals`: after the commit each door is again what it was, or nobody could ring any more.
 */
import { chmodSync, chownSync, lstatSync, mkdirSync } from 'node:fs';
import { recordOfStep } from '../../model/journal.ts';
import type { Door } from '../../model/step.ts';
import type { ChangeWorld } from './world.ts';

/** Returns the doors that there are, with their owners and modes. */
export function noteDoors(world: ChangeWorld): readonly Door[] {
	const { events, signals, statuses, signalReports, updateStatus } = world.layout;
	return [events, signals, statuses, signalReports, updateStatus].flatMap((path) => {
		const stats = lstatSync(path, { throwIfNoEntry: false });
		return stats === undefined || stats.isSymbolicLink() ? [] : [{ path, uid: stats.uid, gid: stats.gid, mode: stats.mode & 0o7777 }];
	});
}

/** Makes every door again what it was before the hooks ran. A directory that is gone is made anew. */
export function giveDoorsBack(world: ChangeWorld): void {
	for (const door of recordOfStep(world.journal(), 'handover')?.doors ?? []) {
		const stats = lstatSync(door.path, { throwIfNoEntry: false });
		if (stats === undefined && door.path !== world.layout.updateStatus) mkdirSync(door.path, { recursive: true });
		else if (stats === undefined || stats.isSymbolicLink()) continue;
		if (process.geteuid?.() === 0) chownSync(door.path, door.uid, door.gid);
		chmodSync(door.path, door.mode);
	}
}
