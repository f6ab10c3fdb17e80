/** `update`: installs the requested release, or the next one of the plan. */

import { problem } from '../../../model/base/error.ts';
import type { ExitCode } from '../../../model/base/error-codes.ts';
import { readRequest, readRetryRule } from '../../../model/signal/requested-release.ts';
import { troubleOf } from '../journal/history.ts';
import { readUpdateStatus } from '../status/publisher.ts';
import type { World } from '../world.ts';
import { exitOf, resumeOpen } from './changes.ts';
import { installPath } from './install-path.ts';
import { textOf } from './payload.ts';
import { underLocks } from './under-locks.ts';

/**
 * Takes the requested release from the payload or the status, and installs the whole path to it; without one,
 * a single step.
 */
export async function update(world: World, payload: Uint8Array): Promise<ExitCode> {
	return await underLocks(world, async () => {
		const status = readUpdateStatus(world.layout);
		const resumed = await resumeOpen(world);
		if (resumed !== undefined && resumed.outcome.kind !== 'committed') return exitOf(resumed.outcome);
		refuseAfterTrouble(world);
		const asked = textOf(payload);
		return await installPath(world, readRequest(asked, status), readRetryRule(asked));
	});
}

const CHOICES =
	'correct the cause, then `signalbox resolve --rollback`; or, where the root is well as it is, `signalbox resolve --keep`';

/** After a failed rollback the root may be neither release: only a rollback by hand is allowed. */
function refuseAfterTrouble(world: World): void {
	const trouble = troubleOf(world);
	if (trouble === undefined) return;
	const { message, facts } = trouble.outcome.rollback;
	const said = `cannot update: the last change could not be rolled back: ${message}`;
	throw problem('needs-attention', said, CHOICES, { facts });
}
