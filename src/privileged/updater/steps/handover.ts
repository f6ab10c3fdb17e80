/**
 * From here on the release controls the services. `do` records what a rollback needs before they are touched;
 * `undo` starts the old release, runs its health checks, and makes sure that karen runs.
 */

import { recordSharedPaths, restoreSharedPaths } from '../../access/shared-paths.ts';
import { recordInstalledBefore } from '../backup/installed-before.ts';
import { sealRestart } from '../backup/restart-command.ts';
import { restartRelease } from '../backup/restart-release.ts';
import { inspectKaren } from '../health/ensure-karen.ts';
import type { StepHandler } from '../step-handler.ts';

export const handover: StepHandler<'handover'> = {
	async do(world) {
		recordInstalledBefore(world);
		sealRestart(world);
		return { ...inspectKaren(world), doors: recordSharedPaths(world) };
	},
	async undo(world) {
		restoreSharedPaths(world);
		await restartRelease(world, world.dir, { version: world.opened.from, log: 'restart' });
	},
};
