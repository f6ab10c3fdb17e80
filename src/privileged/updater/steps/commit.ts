/** Point C: the journal line of this step is the commit. The step itself only checks the root once more. */
import { syncFileSystem } from '../../../system/files/disk.ts';
import type { StepHandler } from '../step-handler.ts';
import { requireSwitched } from './switch.ts';

export const commit: StepHandler<'commit'> = {
	async do(world) {
		requireSwitched(world);
		await syncFileSystem(world.layout.root);
		return {};
	},
};
