/**
 * Prepares `statuses/` for an update. Hooks write into it as root, in place and by name, so no other user may
 * put a link there; managers of older systems wait while the in-progress marker exists.
 */
import { chmodSync, lstatSync, readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { recordOf } from '../../../model/base/error.ts';
import { removeAbandoned, replaceWhole } from '../../../system/files/replace-file.ts';
import type { World } from '../world.ts';

const GROUP_WRITES = 0o770;

/** Takes the directory back from the group, removes links and other traps, and writes the marker. */
export function markInProgress({ layout, statuses }: World): void {
	statuses.inside((at) => {
		removeAbandoned(at);
		for (const name of readdirSync(at)) {
			const stats = lstatSync(join(at, name));
			if (!stats.isDirectory() && !(stats.isFile() && stats.nlink === 1)) rmSync(join(at, name));
		}
		replaceWhole(join(at, basename(layout.inProgressMarker)), '', { mode: 0o644 });
	});
}

/** Removes the marker, and returns the directory to the group where older managers need it. */
export function clearInProgress({ layout, statuses, config, log }: World): void {
	try {
		statuses.inside((at) => {
			rmSync(join(at, basename(layout.inProgressMarker)), { force: true });
			if (config.sharedStatuses) chmodSync(at, GROUP_WRITES);
		});
	} catch (thrown) {
		log.problem(recordOf(thrown));
	}
}
