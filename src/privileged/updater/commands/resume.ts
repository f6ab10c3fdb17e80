/** `resume`: finishes the change that a killed updater or a power cut left open. */
import type { ExitCode } from '../../../model/base/error-codes.ts';
import type { World } from '../world.ts';
import { exitOf, resumeOpen } from './changes.ts';
import { installPath } from './install-path.ts';
import { underLocks } from './under-locks.ts';

/**
 * Finishes the open change, if there is one, and continues to the requested release if the change was one
 * step of the path to it.
 */
export async function resume(world: World): Promise<ExitCode> {
	return await underLocks(world, async () => {
		const resumed = await resumeOpen(world);
		if (resumed === undefined) return 'nothing';
		const { outcome, further } = resumed;
		return outcome.kind === 'committed' && further !== undefined
			? await installPath(world, { kind: 'tag', tag: further }, 'respected')
			: exitOf(outcome);
	});
}
