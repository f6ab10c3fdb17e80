/** Point C: the line that says so in the journal is the commit. It only looks once more before. */
import { syncFileSystem } from '../../../system/files/disk.ts';
import type { StepHandler } from './handler.ts';
import { requireSwitched } from './switch.ts';

export const commit: StepHandler<'commit'> = {
	async do(world) {
		requireSwitched(world);
		await syncFileSystem(world.layout.root);
		return {};
	},
};
