/** Questions about the changes that ended: which was the last, and which one's backup can be brought back. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ChangeId } from '../../model/change.ts';
import { type Journal, type Opened, openedOf } from '../../model/journal.ts';
import type { Outcome } from '../../model/outcome.ts';
import { listChanges, readJournal } from './change-journal.ts';
import type { World } from './world.ts';

/** Returns how the newest change ended, or undefined when there was none or it is still open. */
export function lastOutcome(world: World): Outcome | undefined {
	const [newest] = listChanges(world.layout);
	return newest === undefined ? undefined : outcomeOf(readJournal(world.layout, newest));
}

export interface RollbackTarget {
	readonly change: ChangeId;
	readonly opened: Opened;
}

/**
 * Returns the newest change whose backup holds what the root no longer does. Of a change that was dropped or rolled back,
 * all that was kept is in its place again.
 */
export function rollbackTarget(world: World): RollbackTarget | undefined {
	for (const change of listChanges(world.layout)) {
		if (!existsSync(join(world.layout.changes, change, 'backup/tree'))) continue;
		const journal = readJournal(world.layout, change);
		const opened = openedOf(journal);
		const outcome = outcomeOf(journal)?.kind;
		if (opened !== undefined && (outcome === 'committed' || outcome === 'needs-attention')) return { change, opened };
	}
	return undefined;
}

function outcomeOf(journal: Journal): Outcome | undefined {
	const closed = journal.find((entry) => entry.event === 'closed');
	return closed?.event === 'closed' ? closed.outcome : undefined;
}
