/**
 * Removes what an interrupted updater left in the state directory: temporary files, and changes that were
 * never begun.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { recordOf } from '../../../model/base/error.ts';
import type { Layout } from '../../../model/base/layout.ts';
import type { ChangeId } from '../../../model/change/change.ts';
import { removeTree } from '../../../system/files/directories.ts';
import { removeAbandoned } from '../../../system/files/replace-file.ts';
import type { World } from '../world.ts';
import { isChangeOpen, listChanges, readJournal, reserveIn } from './change-journal.ts';

/** Requires the updater's lock. What cannot be removed is logged, and tried again next time. */
export function removeLeftovers({ layout, log }: World): void {
	try {
		if (!existsSync(layout.changes)) return;
		const dirs = listChanges(layout).map((change) => join(layout.changes, change));
		for (const dir of [layout.state, layout.changes, ...dirs]) removeAbandoned(dir);
		if (isChangeOpen(layout)) return;
		for (const change of listChanges(layout)) dropUnended(layout, change);
	} catch (thrown) {
		log.problem(recordOf(thrown));
	}
}

/** A closed change has no reserve. One without a backup has changed nothing. */
function dropUnended(layout: Layout, change: ChangeId): void {
	const dir = join(layout.changes, change);
	if (!existsSync(reserveIn(dir))) return;
	const isBegun =
		existsSync(join(dir, 'journal')) && readJournal(layout, change).some(({ event }) => event !== 'opened');
	removeTree(isBegun || existsSync(join(dir, 'backup')) ? reserveIn(dir) : dir);
}
