/** Runs changes for the commands: a new one, or the one that an earlier updater left open. */
import { EXIT, type ExitCode, exitCodeOf } from '../../../model/base/error-codes.ts';
import { type ChangeId, makeChangeId } from '../../../model/change/change.ts';
import { type Opened, openedOf } from '../../../model/change/journal.ts';
import type { Outcome } from '../../../model/change/outcome.ts';
import type { Tag } from '../../../model/release/tag.ts';
import { randomHex } from '../../../system/clock.ts';
import type { Installer } from '../installers/installer.ts';
import { INSTALLERS } from '../installers/registry.ts';
import { openChange, reopenChange, timeSeen } from '../journal/change-journal.ts';
import { runChange } from '../run-change.ts';
import type { World } from '../world.ts';

export interface Resumed {
	readonly outcome: Outcome;
	/** The requested release, where the change was only one step of the path to it. */
	readonly further: Tag | undefined;
}

/** Runs the open change to its end; undefined when there is none. */
export async function resumeOpen(world: World): Promise<Resumed | undefined> {
	const journal = reopenChange(world.layout, world.clock);
	if (journal === undefined) return undefined;
	try {
		const outcome = await runChange(world, journal, installerOf(world), 'resumed');
		const opened = openedOf(journal.entries());
		return { outcome, further: opened?.goal === opened?.tag ? undefined : opened?.goal };
	} finally {
		journal.close();
	}
}

export async function runNew(world: World, opened: Opened): Promise<Outcome> {
	const journal = openChange(world.layout, opened, world.clock);
	try {
		return await runChange(world, journal, installerOf(world), 'opened');
	} finally {
		journal.close();
	}
}

function installerOf({ config }: World): Installer {
	return INSTALLERS[config.install.kind];
}

/**
 * Returns a new id. Ids sort by time, and the order of changes must not depend on a wall clock that jumps
 * back.
 */
export function newChange({ layout, clock }: World): ChangeId {
	return makeChangeId(Math.max(clock.now(), timeSeen(layout) + 1000), randomHex(4));
}

export function exitOf(outcome: Outcome): ExitCode {
	switch (outcome.kind) {
		case 'committed':
			return EXIT.done;
		case 'dropped':
			// A refusal (3) is for the caller to act on; any other failure that changed nothing is 1.
			return exitCodeOf(outcome.cause.code) === EXIT.refused ? EXIT.refused : EXIT.failed;
		case 'rolled-back':
			return EXIT.rolledBack;
		case 'needs-attention':
			return EXIT.needsAttention;
	}
}
