/**
 * The doors between root and the manager. Real hooks give the whole root to another user, and some releases delete
 * `events/signals`: after the commit each door is again what it was, or nobody could ring any more.
 */
import { chmodSync, lstatSync, realpathSync } from 'node:fs';
import { join, relative } from 'node:path';
import { recordOfStep } from '../../model/change/journal.ts';
import type { SharedPath } from '../../model/change/step.ts';
import { makeExactly, setOwner } from '../../system/access/ownership-snapshot.ts';
import { lookAt } from '../../system/files/files.ts';
import type { ChangeWorld } from '../updater/world.ts';

/** Returns the doors that there are, with their owners and modes; the root itself is the last of them. */
export function recordSharedPaths(world: ChangeWorld): readonly SharedPath[] {
	const { root, events, signals, statuses, signalReports, updateStatus } = world.layout;
	return [events, signals, statuses, signalReports, updateStatus, root].flatMap((path) => {
		const stats = lstatSync(path, { throwIfNoEntry: false });
		return stats === undefined || stats.isSymbolicLink()
			? []
			: [{ path, uid: stats.uid, gid: stats.gid, mode: stats.mode & 0o7777 }];
	});
}

/** Makes every door again what it was before the hooks ran. A directory that is gone is made anew. */
export function restoreSharedPaths(world: ChangeWorld): void {
	const root = realpathSync(world.layout.root);
	for (const door of recordOfStep(world.journal(), 'handover')?.doors ?? []) {
		const path = join(root, relative(world.layout.root, door.path));
		// Real hooks give the root itself to another user, who needs it; nobody needs it open to all, or closed to everybody.
		if (path === root && (lstatSync(root).mode & 0o7777) !== door.mode) chmodSync(root, door.mode);
		if (path === root) continue;
		if (lookAt(path) === undefined && door.path !== world.layout.updateStatus) makeExactly(path);
		if (lookAt(path)?.isSymbolicLink() === false) setOwner(path, door);
	}
}
