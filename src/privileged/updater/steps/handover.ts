/**
 * From here on the release's hooks own the services. Do seals the way back before they touch anything; undo
 * takes the services back: it starts the old release, looks whether the box is well, and sees to it that a
 * karen listens.
 */

import { recordSharedPaths, restoreSharedPaths } from '../../access/shared-paths.ts';
import { recordInstalledBefore } from '../backup/installed-before.ts';
import { sealRestart } from '../backup/restart-command.ts';
import { restartRelease } from '../backup/restart-release.ts';
import { lookAtKaren } from '../health/ensure-karen.ts';
import type { StepHandler } from './handler.ts';

export const handover: StepHandler<'handover'> = {
	async do(world) {
		recordInstalledBefore(world);
		sealRestart(world);
		return { ...lookAtKaren(world), doors: recordSharedPaths(world) };
	},
	async undo(world) {
		restoreSharedPaths(world);
		await restartRelease(world, world.dir, { version: world.opened.from, log: 'restart' });
	},
};
