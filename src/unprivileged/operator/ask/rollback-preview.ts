/** Asks the updater what a rollback by hand would do. Only the user who runs the root may read backups. */
import { parseRollbackPreview, type RollbackPreview } from '../../../model/change/rollback-preview.ts';
import type { World } from '../../../terminal/world.ts';
import { runsTheRoot } from '../located-root.ts';
import type { Common } from '../subcommand.ts';
import { askUpdater } from './updater.ts';

/** Limit in milliseconds. Trees are compared by size and time; nothing is fetched. */
const LONGEST = 5 * 60_000;

/**
 * Returns what a rollback would do. Undefined: this user may not read backups, or there is no backup, which
 * the updater reports when a rollback is requested.
 */
export async function askRollbackPreview(common: Common, world: World): Promise<RollbackPreview | undefined> {
	if ((await mayLook(common, world)) === 'no') return undefined;
	const end = await askUpdater(
		{ words: ['rollback-preview'], timeout: LONGEST, signal: world.interrupted },
		common,
		world,
	);
	return end.kind === 'done' ? parseRollbackPreview(end.stdout) : undefined;
}

/** The preview is optional: the updater reports a broken configuration when a rollback is requested. */
async function mayLook(common: Common, world: World): Promise<'yes' | 'no'> {
	try {
		return await runsTheRoot(common, world);
	} catch {
		return 'no';
	}
}
