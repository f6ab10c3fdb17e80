/** Previews a manual rollback and what forbids it. It changes nothing and never contacts the source. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { bytesOf } from '../../../engine/space.ts';
import { type ErrorRecord, problem, recordOf } from '../../../model/base/error.ts';
import { type JournalEntry, termsOf } from '../../../model/change/journal.ts';
import type { DataChoice, RollbackPreview } from '../../../model/change/rollback-preview.ts';
import { DEFAULT_TERMS, type ReleaseTerms } from '../../../model/release/terms.ts';
import { isoTime } from '../../../system/clock.ts';
import { EVERYTHING, listDifferences } from '../../../system/files/rsync.ts';
import { dataIn, writtenBeside } from '../backup/backup-tree.ts';
import { readJournal } from '../journal/change-journal.ts';
import { type RollbackTarget, rollbackTarget, wasCommitted } from '../journal/history.ts';
import { rsyncPlace, type World } from '../world.ts';
import { requireMinimumVersion } from './minimum-version.ts';
import { readTerms } from './read-terms.ts';
import { sizesBelow } from './space.ts';

/** The maximum number of paths listed. */
const SHOWN = 20;

/** Returns what a manual rollback would do. Throws `nothing-to-roll-back`. */
export async function rollbackPreview(world: World): Promise<RollbackPreview> {
	const target = requireTarget(world);
	const dir = backupOf(world, target);
	const written = await writtenSince(world, target);
	const place = rsyncPlace(world);
	const kept = [
		...(await sizesBelow(join(dir, 'tree'), place)),
		...(await sizesBelow(join(dir, 'data'), place)),
	];
	return {
		from: target.opened.to,
		to: target.opened.from,
		change: target.change,
		at: isoTime(madeAt(readJournal(world.layout, target.change)) ?? 0),
		bytes: bytesOf(kept),
		data: dataIn(dir).map(({ path }) => path),
		written: { count: written.length, paths: written.slice(0, SHOWN) },
		refused: { restore: refusalOf(world, target, 'restore'), keep: refusalOf(world, target, 'keep') },
	};
}

/** Returns the change whose backup would be restored. Throws `nothing-to-roll-back`. */
export function requireTarget(world: World): RollbackTarget {
	const target = rollbackTarget(world);
	if (target !== undefined) return target;
	const hint =
		'every update makes a backup and replaces the one before, unless `install.backups` keeps more; install an older release by hand if needed';
	throw problem('nothing-to-roll-back', 'cannot roll back: no backup is kept', hint);
}

/** Throws `below-floor` and `data-too-new`. */
export function requireAllowed(world: World, target: RollbackTarget, data: DataChoice): void {
	// An update whose rollback failed was never committed: the release before it may always be restored.
	if (wasCommitted(readJournal(world.layout, target.change)))
		requireMinimumVersion(world, target.opened.from);
	if (data === 'keep') requireReadable(world, target);
}

function refusalOf(world: World, target: RollbackTarget, data: DataChoice): ErrorRecord | null {
	try {
		requireAllowed(world, target, data);
		return null;
	} catch (thrown) {
		return recordOf(thrown);
	}
}

/** A release can read data up to its own dataVersion. A release that declares none has dataVersion 0. */
function requireReadable(world: World, target: RollbackTarget): void {
	const ours = [termsOf(readJournal(world.layout, target.change)), termsIn(world.layout.hooks)];
	const written = Math.max(...ours.map((terms) => terms.dataVersion ?? 0));
	const readable = termsIn(join(backupOf(world, target), 'tree/scripts/update')).dataVersion ?? 0;
	if (written <= readable) return;
	const { from } = target.opened;
	const message = `cannot roll back to ${from} with the present data: it has dataVersion ${written}, and ${from} reads at most ${readable}`;
	throw problem(
		'data-too-new',
		message,
		'use --data restore, which restores the data of the backup with the release',
		{
			facts: { written, readable },
		},
	);
}

/** Unreadable terms count as the defaults. */
function termsIn(scripts: string): ReleaseTerms {
	try {
		return readTerms(scripts);
	} catch {
		return DEFAULT_TERMS;
	}
}

async function writtenSince(world: World, target: RollbackTarget): Promise<readonly string[]> {
	const dir = backupOf(world, target);
	const place = rsyncPlace(world);
	const changed: string[] = [];
	for (const { path, copy } of dataIn(dir)) {
		const now = join(world.layout.root, path);
		if (!existsSync(now)) continue;
		const below = await listDifferences(copy, now, EVERYTHING, place);
		changed.push(...below.map((one) => (one === '' ? path : `${path.replace(/\/+$/, '')}/${one}`)));
	}
	return [...changed, ...(await writtenBeside(world, dir, target.opened.to))];
}

function backupOf({ layout }: World, { change }: RollbackTarget): string {
	return join(layout.changes, change, 'backup');
}

function madeAt(journal: readonly JournalEntry[]): number | undefined {
	return journal.find((entry) => entry.event === 'done' && entry.step === ('backup' as string))?.at;
}
