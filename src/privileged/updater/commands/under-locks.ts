/**
 * The frame of every command that changes the box: one at a time, after repairs, and its end is always
 * reported.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type ErrorRecord, recordOf } from '../../../model/base/error.ts';
import { EXIT, type ExitCode } from '../../../model/base/error-codes.ts';
import type { ChangeId } from '../../../model/change/change.ts';
import type { Opened } from '../../../model/change/journal.ts';
import { tagsOfVersion } from '../../../model/release/tag.ts';
import { takeLock } from '../../../system/files/lock.ts';
import { endTools } from '../../../system/process/group.ts';
import { isChangeHeld, isChangeOpen } from '../journal/change-journal.ts';
import { removeLeftovers } from '../journal/remove-leftovers.ts';
import { repairJournals } from '../journal/repair.ts';
import { readInfo } from '../plan/read-info.ts';
import { writeExitFile } from '../status/exit-file.ts';
import { clearInProgress, markInProgress } from '../status/in-progress.ts';
import type { World } from '../world.ts';
import { busy, STORE_PATIENCE } from './busy.ts';
import { reportRefusal } from './report-refusal.ts';

/**
 * Runs `act` under the locks of updates and of the store. An error before a change was opened is reported
 * like the end of one.
 */
export async function underLocks(world: World, act: () => Promise<ExitCode | 'nothing'>): Promise<ExitCode> {
	const update = takeLock(world.layout.updateLock, 0);
	if (update.kind === 'busy') throw busy();
	if (isChangeHeld(world.layout)) {
		update.lock.release();
		throw busy();
	}
	const store = takeLock(world.layout.storeLock, STORE_PATIENCE);
	try {
		if (store.kind === 'busy') throw busy();
		await endTools(world.layout.state, world.clock);
		for (const damage of repairJournals(world.layout, world.clock, (change) => guessOpening(world, change)))
			reportDamage(world, damage);
		markInProgress(world);
		removeLeftovers(world);
		const code = await act();
		// Without a change, this request has no end to report.
		if (code !== 'nothing') writeExitFile(world, code);
		return code === 'nothing' ? EXIT.done : code;
	} catch (thrown) {
		const code = reportRefusal(world, recordOf(thrown));
		// The next updater finishes a change that is still open, and reports its end.
		if (!isChangeOpen(world.layout)) writeExitFile(world, code);
		return code;
	} finally {
		removeLeftovers(world);
		clearInProgress(world);
		if (store.kind === 'held') store.lock.release();
		update.lock.release();
	}
}

/** For a change whose opening cannot be read: what the root and its backup say. */
function guessOpening(world: World, change: ChangeId): Opened {
	const to = readInfo(world.layout.root, 'the root').version;
	const tree = join(world.layout.changes, change, 'backup/tree');
	const from = existsSync(join(tree, 'info.json')) ? readInfo(tree, 'the backup').version : to;
	const [tag] = tagsOfVersion(to);
	return {
		change,
		kind: 'update',
		product: world.config.product,
		from,
		to,
		tag,
		goal: tag,
		of: null,
		trust: world.config.trust.mode,
	};
}

function reportDamage(world: World, damage: ErrorRecord): void {
	world.log.problem(damage);
	process.stderr.write(`${damage.message}\n${damage.hint}\n`);
}
