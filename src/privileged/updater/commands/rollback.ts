/** `rollback`: restores the release before the installed one. */
import { EXIT, type ExitCode } from '../../../model/base/error-codes.ts';
import type { Opened } from '../../../model/change/journal.ts';
import { readDataChoice } from '../../../model/change/rollback-preview.ts';
import { tagsOfVersion } from '../../../model/release/tag.ts';
import { newestOpened } from '../journal/history.ts';
import { requireAllowed, requireTarget } from '../plan/rollback-preview.ts';
import type { World } from '../world.ts';
import { exitOf, newChange, resumeOpen, runNew } from './changes.ts';
import { textOf } from './payload.ts';
import { underLocks } from './under-locks.ts';

/** Restores the previous release with the files of its backup and the data that the payload asks for. */
export async function rollback(world: World, payload: Uint8Array): Promise<ExitCode> {
	return await underLocks(world, async () => {
		const resumed = await resumeOpen(world);
		// The interrupted update was rolled back just now: the previous release is installed again.
		if (resumed?.outcome.kind === 'rolled-back' && newestOpened(world)?.kind === 'update') return EXIT.done;
		const data = readDataChoice(textOf(payload));
		const target = requireTarget(world);
		requireAllowed(world, target, data);
		const { opened, change } = target;
		const [tag] = tagsOfVersion(opened.from);
		const back: Opened = {
			...opened,
			change: newChange(world),
			kind: 'rollback',
			from: opened.to,
			to: opened.from,
			tag,
			goal: tag,
			of: change,
			data,
		};
		return exitOf(await runNew(world, back));
	});
}
