/** Asks the updater what a rollback by hand would do, where the caller may know: backups are root's. */
import { parseRollbackPreview, type RollbackPreview } from '../../../model/change/rollback-preview.ts';
import type { World } from '../../../terminal/world.ts';
import { runsTheRoot } from '../located-root.ts';
import type { Common } from '../subcommand.ts';
import { askUpdater } from './updater.ts';

/** Trees are compared by size and time; nothing is fetched. */
const LONGEST = 5 * 60_000;

/**
 * Returns what a rollback would do. Undefined: this user may not look, or there is nothing to go back to, which root says to
 * whoever asks for it.
 */
export async function askRollbackPreview(common: Common, world: World): Promise<RollbackPreview | undefined> {
	if ((await mayLook(common, world)) === 'no') return undefined;
	const end = await askUpdater(
		{ words: ['way-back'], timeout: LONGEST, signal: world.interrupted },
		common,
		world,
	);
	return end.kind === 'done' ? parseRollbackPreview(end.stdout) : undefined;
}

/** To look is a courtesy: what is wrong with the configuration is told by root when it is asked to act. */
async function mayLook(common: Common, world: World): Promise<'yes' | 'no'> {
	try {
		return await runsTheRoot(common, world);
	} catch {
		return 'no';
	}
}
