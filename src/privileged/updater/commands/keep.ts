/** `keep`: accepts the root as it is. */

import { type Problem, problem } from '../../../model/base/error.ts';
import type { ExitCode } from '../../../model/base/error-codes.ts';
import { tagsOfVersion } from '../../../model/release/tag.ts';
import { troubleOf } from '../journal/history.ts';
import { notedVersion } from '../plan/installed-version.ts';
import { readInfo } from '../plan/read-info.ts';
import type { World } from '../world.ts';
import { exitOf, newChange, resumeOpen, runNew } from './changes.ts';
import { underLocks } from './under-locks.ts';

/**
 * Takes what is in the root for the installed release: after a failed rollback, and where it is not what root
 * installed last. The operator has checked it.
 */
export async function keep(world: World): Promise<ExitCode> {
	return await underLocks(world, async () => {
		await resumeOpen(world);
		const { version } = readInfo(world.layout.root, 'the root');
		const trouble = troubleOf(world)?.opened;
		const from = trouble?.from ?? notedVersion(world.layout) ?? version;
		if (trouble === undefined && from === version) throw nothingToResolve();
		const [tag] = tagsOfVersion(version);
		const kept = {
			change: newChange(world),
			kind: 'keep',
			from,
			to: version,
			tag,
			goal: tag,
			of: trouble?.change ?? null,
		} as const;
		const { product, trust } = world.config;
		return exitOf(await runNew(world, { product, trust: trust.mode, ...kept }));
	});
}

function nothingToResolve(): Problem {
	return problem(
		'nothing-to-resolve',
		'there is nothing to resolve: the last change ended whole',
		'`signalbox status` shows how it ended',
	);
}
