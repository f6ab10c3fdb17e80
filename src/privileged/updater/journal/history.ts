/** Questions about the changes that ended: how the box stands, and which change's backup can be brought back. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ChangeId } from '../../../model/change/change.ts';
import { type Journal, type Opened, openedOf } from '../../../model/change/journal.ts';
import type { Outcome } from '../../../model/change/outcome.ts';
import type { World } from '../world.ts';
import { listChanges, readJournal } from './change-journal.ts';

/** A change that could not be rolled back, and that nothing has ended since. */
export interface Trouble {
	readonly opened: Opened;
	readonly outcome: Extract<Outcome, { kind: 'needs-attention' }>;
}

/** Returns the trouble that the box is in, or undefined. What was dropped or rolled back left all as it was before. */
export function troubleOf(world: World): Trouble | undefined {
	for (const change of listChanges(world.layout)) {
		const journal = readJournal(world.layout, change);
		const outcome = outcomeOf(journal);
		const opened = openedOf(journal);
		if (outcome?.kind === 'committed') return undefined;
		if (outcome?.kind === 'needs-attention' && opened !== undefined) return { opened, outcome };
	}
	return undefined;
}

/** Returns what the newest change set out to do, or undefined: there is none. */
export function newestOpened({ layout }: World): Opened | undefined {
	const [newest] = listChanges(layout);
	return newest === undefined ? undefined : openedOf(readJournal(layout, newest));
}

/** Returns whether the change of this journal was committed. */
export function wasCommitted(journal: Journal): boolean {
	return outcomeOf(journal)?.kind === 'committed';
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
		if (opened === undefined || (outcome !== 'committed' && outcome !== 'needs-attention')) continue;
		return outcome === 'needs-attention'
			? (triedBefore(world, opened) ?? { change, opened })
			: { change, opened };
	}
	return undefined;
}

/** A rollback that could not be finished is tried again: its own backup is of the root that was to be got rid of. */
function triedBefore({ layout }: World, { kind, of }: Opened): RollbackTarget | undefined {
	if (kind !== 'rollback' || of === null || !existsSync(join(layout.changes, of, 'backup/tree')))
		return undefined;
	const opened = openedOf(readJournal(layout, of));
	return opened === undefined ? undefined : { change: of, opened };
}

function outcomeOf(journal: Journal): Outcome | undefined {
	const closed = journal.find((entry) => entry.event === 'closed');
	return closed?.event === 'closed' ? closed.outcome : undefined;
}
