/** Questions about the changes that ended: which was the last, and which one's backup can be brought back. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ChangeId } from '../../model/change.ts';
import { type Opened, openedOf } from '../../model/journal.ts';
import { type ChangeJournal, listChanges, readChange } from './change-journal.ts';
import type { World } from './world.ts';

/** Returns the journal of the newest change, or undefined when there was none. */
export function lastChange(world: World): ChangeJournal | undefined {
	const [newest] = listChanges(world.layout);
	if (newest === undefined) return undefined;
	const journal = readChange(world.layout, newest, world.clock);
	journal.close();
	return journal;
}

export interface RollbackTarget {
	readonly change: ChangeId;
	readonly opened: Opened;
}

/** Of a change that was dropped or rolled back, all that its backup held is in its place. */
function needsItsBackup(journal: ChangeJournal): boolean {
	const last = journal.entries().at(-1);
	return last?.event === 'closed' && (last.outcome.kind === 'committed' || last.outcome.kind === 'needs-attention');
}

/** Returns the newest change that left a sealed backup: its `from` can be had again. */
export function rollbackTarget(world: World): RollbackTarget | undefined {
	for (const change of listChanges(world.layout)) {
		if (!existsSync(join(world.layout.changes, change, 'backup/tree'))) continue;
		const journal = readChange(world.layout, change, world.clock);
		journal.close();
		const opened = openedOf(journal.entries());
		if (opened !== undefined && needsItsBackup(journal)) return { change, opened };
	}
	return undefined;
}
