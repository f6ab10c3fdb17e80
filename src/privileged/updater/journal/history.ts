/**
 * Answers questions about ended changes: whether the box needs attention, and which backup can be restored.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ChangeId } from '../../../model/change/change.ts';
import { type Journal, type Opened, openedOf } from '../../../model/change/journal.ts';
import type { Outcome } from '../../../model/change/outcome.ts';
import type { World } from '../world.ts';
import { listChanges, readJournal } from './change-journal.ts';

/** A change whose rollback failed and that was not resolved since. */
export interface Trouble {
	readonly opened: Opened;
	readonly outcome: Extract<Outcome, { kind: 'needs-attention' }>;
}

/**
 * Returns the unresolved failed rollback, or undefined. Changes that were dropped or rolled back left nothing
 * to resolve.
 */
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

/** Returns the opening of the newest change, or undefined when there is none. */
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
 * Returns the newest change whose backup can be restored. The backup of a change that was dropped or rolled
 * back is already in place.
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

/**
 * A failed rollback is tried again from its target's backup: its own backup is of the release that was to be
 * replaced.
 */
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
