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

/** Returns the newest change that left a sealed backup: its `from` can be had again. */
export function rollbackTarget(world: World): RollbackTarget | undefined {
	for (const change of listChanges(world.layout)) {
		if (!existsSync(join(world.layout.changes, change, 'backup/tree'))) continue;
		const journal = readChange(world.layout, change, world.clock);
		journal.close();
		const opened = openedOf(journal.entries());
		if (opened !== undefined) return { change, opened };
	}
	return undefined;
}
