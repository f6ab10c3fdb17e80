/**
 * `statuses/` while an update runs. Hooks write into it in place and by name, as root: so nobody else may put a link there
 * (design §2), and managers of older systems find the file that tells them to wait.
 */
import { chmodSync, lstatSync, readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { recordOf } from '../../../model/base/error.ts';
import { removeAbandoned, replaceWhole } from '../../../system/files/files.ts';
import type { World } from '../world.ts';

const GROUP_WRITES = 0o770;

/** Takes the directory back from the group, removes all that a write could be led astray by, and leaves the mark. */
export function markInProgress({ layout, statuses }: World): void {
	statuses.inside((at) => {
		removeAbandoned(at);
		for (const name of readdirSync(at)) {
			const stats = lstatSync(join(at, name));
			if (!stats.isDirectory() && !(stats.isFile() && stats.nlink === 1)) rmSync(join(at, name));
		}
		replaceWhole(join(at, basename(layout.underWay)), '', { mode: 0o644 });
	});
}

/** Removes the mark, and leaves the directory to the group again where older managers need it. */
export function clearInProgress({ layout, statuses, config, log }: World): void {
	try {
		statuses.inside((at) => {
			rmSync(join(at, basename(layout.underWay)), { force: true });
			if (config.sharedStatuses) chmodSync(at, GROUP_WRITES);
		});
	} catch (thrown) {
		log.problem(recordOf(thrown));
	}
}
