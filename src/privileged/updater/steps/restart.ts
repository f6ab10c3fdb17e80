/**
 * By hand: starts the release that was put back. Its undo is handover's, which starts the other one again.
 */
import { join } from 'node:path';
import { restartRelease } from '../backup/restart-release.ts';
import type { StepHandler } from './handler.ts';

export const restart: StepHandler<'restart'> = {
	async do(world) {
		await restartRelease(world, join(world.layout.changes, world.opened.of ?? ''), {
			version: world.opened.to,
			log: 'restart',
		});
		return {};
	},
};
