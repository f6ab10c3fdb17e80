/**
 * Owners and modes of the paths that root shares with the manager. Real hooks give the whole root to another
 * user, and some releases delete `events/signals`: both are restored after the commit, or signals would stop
 * working.
 */
import { chmodSync, lstatSync, realpathSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Layout } from '../../model/base/layout.ts';
import { type Journal, recordOfStep } from '../../model/change/journal.ts';
import type { SharedPath } from '../../model/change/step.ts';
import { makeExactly, setOwner } from '../../system/access/ownership-snapshot.ts';
import { lookAt } from '../../system/files/directories.ts';

/** Returns the shared paths that exist, with owners and modes; the root itself is the last. */
export function recordSharedPaths({ layout }: { readonly layout: Layout }): readonly SharedPath[] {
	const { root, events, signals, statuses, signalReports, updateStatus } = layout;
	return [events, signals, statuses, signalReports, updateStatus, root].flatMap((path) => {
		const stats = lstatSync(path, { throwIfNoEntry: false });
		return stats === undefined || stats.isSymbolicLink()
			? []
			: [{ path, uid: stats.uid, gid: stats.gid, mode: stats.mode & 0o7777 }];
	});
}

/**
 * Restores owner and mode of each shared path to what they were before the hooks. Missing directories are
 * created.
 */
export function restoreSharedPaths(world: {
	readonly layout: Layout;
	readonly journal: () => Journal;
}): void {
	const root = realpathSync(world.layout.root);
	for (const shared of recordOfStep(world.journal(), 'handover')?.doors ?? []) {
		const path = join(root, relative(world.layout.root, shared.path));
		// Real hooks give the root itself to another user on purpose, so its owner stays; only its mode is
		// restored.
		if (path === root && (lstatSync(root).mode & 0o7777) !== shared.mode) chmodSync(root, shared.mode);
		if (path === root) continue;
		if (lookAt(path) === undefined && shared.path !== world.layout.updateStatus) makeExactly(path);
		if (lookAt(path)?.isSymbolicLink() === false) setOwner(path, shared);
	}
}
