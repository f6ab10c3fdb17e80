/**
 * After the commit: records what is installed now, removes the staging and all backups except the newest
 * ones.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openedOf, recordOfStep } from '../../../model/change/journal.ts';
import type { Manifest } from '../../../model/release/manifest.ts';
import { removeTree } from '../../../system/files/directories.ts';
import { type Filters, listManaged } from '../../../system/files/rsync.ts';
import { restoreSharedPaths } from '../../access/shared-paths.ts';
import { removeTroubleLeftovers } from '../backup/accept-root.ts';
import { removeHooksBackups } from '../backup/backup-tree.ts';
import { readInstalled, writeInstalled } from '../backup/installed.ts';
import { restoreInstalled } from '../backup/installed-before.ts';
import { ensureKaren } from '../health/ensure-karen.ts';
import { listChanges, readJournal } from '../journal/change-journal.ts';
import { dropOldChanges } from '../journal/old-changes.ts';
import { raiseMinimumVersion } from '../plan/minimum-version.ts';
import { broughtByInstalled } from '../stage/deletions.ts';
import { filtersIn } from '../stage/filters.ts';
import { manifestPath, removeStaging, stagedNow } from '../stage/staged.ts';
import type { StepHandler } from '../step-handler.ts';
import { type ChangeWorld, rsyncPlace, sparePaths } from '../world.ts';

export const clean: StepHandler<'clean'> = {
	async do(world) {
		if (world.opened.kind === 'keep') {
			await removeTroubleLeftovers(world);
			return { removed: 0 };
		}
		raiseMinimumVersion(world);
		if (world.opened.of === null) await noteInstalled(world);
		else restoreInstalled(world, join(world.layout.changes, world.opened.of));
		removeAllStaging(world);
		removeHooksBackups(world.layout.root, join(world.dir, 'backup'));
		restoreSharedPaths(world);
		await ensureKaren(world);
		return { removed: dropOld(world) };
	},
};

/** Also removes the staging of a change whose rollback failed and that this rollback by hand resolves. */
function removeAllStaging(world: ChangeWorld): void {
	const { root } = world.layout;
	removeStaging(root, world.opened, world.journal());
	const other = world.opened.of === null ? [] : readJournal(world.layout, world.opened.of);
	const opened = openedOf(other);
	if (opened !== undefined) removeStaging(root, opened, other);
}

/**
 * Records the paths that the release brought: those that are new since the backup, those that hooks made in
 * the staging, and those that an older release had brought and that are still there. The next release may
 * delete all of them.
 */
async function noteInstalled(world: ChangeWorld): Promise<void> {
	// Repeated after a crash: the older record is gone by now, and perhaps the staging.
	if (readInstalled(world.layout.installed, world.opened.to)?.change === world.opened.change) return;
	const manifest = JSON.parse(readFileSync(manifestPath(world), 'utf8')) as Manifest;
	const backup = join(world.dir, 'backup');
	const filters = filtersIn(join(backup, 'filters'), sparePaths(world));
	const before = new Set(
		(await listManaged(join(backup, 'tree'), filters, rsyncPlace(world))).map((one) => one.path),
	);
	const older = new Set([...(await broughtByInstalled(world)), ...(await pathsStaged(world, filters))]);
	const now = (await listManaged(world.layout.root, filters, rsyncPlace(world))).map((one) => one.path);
	const brought = now.filter((path) => !before.has(path) || older.has(path));
	const digests = manifest.entries.flatMap((entry) =>
		entry.kind === 'file' && entry.path.startsWith('scripts/') ? [[entry.path, entry.sha256] as const] : [],
	);
	writeInstalled(world.layout.installed, {
		schema: 1,
		version: world.opened.to,
		tag: world.opened.tag,
		change: world.opened.change,
		manifest: recordOfStep(world.journal(), 'stage')?.digest ?? '',
		digests: Object.fromEntries(digests),
		paths: [...new Set([...manifest.entries.map((entry) => entry.path as string), ...brought])].sort(),
	});
}

async function pathsStaged(world: ChangeWorld, filters: Filters): Promise<readonly string[]> {
	const staged = stagedNow(world);
	return staged === undefined
		? []
		: (await listManaged(staged, filters, rsyncPlace(world))).map((one) => one.path);
}

function dropOld({ layout, config, opened }: ChangeWorld): number {
	const older = listChanges(layout)
		.filter((change) => change < opened.change)
		.map((change) => join(layout.changes, change, 'backup'));
	for (const backup of older.filter((path) => existsSync(path)).slice(config.install.backups - 1))
		removeTree(backup);
	return dropOldChanges(layout);
}
