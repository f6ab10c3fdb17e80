/**
 * Rollback by hand: starts the restored release. The undo of `handover` starts the replaced one again.
 */
import { join } from 'node:path';
import { restartRelease } from '../backup/restart-release.ts';
import type { StepHandler } from '../step-handler.ts';

export const restart: StepHandler<'restart'> = {
	async do(world) {
		await restartRelease(world, join(world.layout.changes, world.opened.of ?? ''), {
			version: world.opened.to,
			log: 'restart',
		});
		return {};
	},
};
