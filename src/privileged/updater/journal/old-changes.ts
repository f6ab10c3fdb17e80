/** How many changes are kept to be looked at: a request that fails every hour must not fill the disk. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Layout } from '../../../model/base/layout.ts';
import { removeTree } from '../../../system/files/files.ts';
import { listChanges } from './change-journal.ts';

/** How many changes keep their journal and logs. */
const KEPT_CHANGES = 20;

/** Removes all changes but the newest ones; one that holds a backup stays. Returns how many went. */
export function dropOldChanges(layout: Layout): number {
	const oldest = listChanges(layout)
		.slice(KEPT_CHANGES)
		.filter((change) => !existsSync(join(layout.changes, change, 'backup')));
	for (const change of oldest) removeTree(join(layout.changes, change));
	return oldest.length;
}
