/** Limits how many old changes are kept: a request that fails every hour must not fill the disk. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Layout } from '../../../model/base/layout.ts';
import { removeTree } from '../../../system/files/directories.ts';
import { listChanges } from './change-journal.ts';

/** How many changes keep their journal and logs. */
const KEPT_CHANGES = 20;

/** Removes all changes except the newest ones and those that hold a backup. Returns how many were removed. */
export function dropOldChanges(layout: Layout): number {
	const oldest = listChanges(layout)
		.slice(KEPT_CHANGES)
		.filter((change) => !existsSync(join(layout.changes, change, 'backup')));
	for (const change of oldest) removeTree(join(layout.changes, change));
	return oldest.length;
}
