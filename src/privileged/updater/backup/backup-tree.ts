/**
 * A backup on disk: `tree/` (what the filters include), `data/N/` (what install.data names), `filters/` (the
 * filters used), `owners` (of everything), `hidden` (the top-level names that start with a dot). Root's own
 * directory, mode 0700.
 */
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { problem, recordOf } from '../../../model/base/error.ts';
import type { DataChoice } from '../../../model/change/rollback-preview.ts';
import type { Version } from '../../../model/release/version.ts';
import { giveBack, listOwners } from '../../../system/access/ownership-snapshot.ts';
import { lookAt, removeTree, syncDirectory } from '../../../system/files/directories.ts';
import { syncFileSystem } from '../../../system/files/disk.ts';
import {
	copyFile,
	EVERYTHING,
	type Filters,
	listDeletions,
	listManaged,
	mirror,
	type RsyncPlace,
} from '../../../system/files/rsync.ts';
import { bare, withParents } from '../stage/deletions.ts';
import { filtersIn } from '../stage/filters.ts';
import { stagedNow } from '../stage/staged.ts';
import { type ChangeWorld, type Place, rsyncPlace, spareNames, sparePaths } from '../world.ts';
import { readInstalled } from './installed.ts';

/**
 * Copies the root into `dir` and makes it durable; completes a partial copy after a power cut. Returns its
 * bytes.
 */
export async function backUpTree(
	world: ChangeWorld,
	dir: string,
	filters: Filters,
	data: readonly string[],
): Promise<number> {
	const { root } = world.layout;
	removeTree(join(dir, 'filters'));
	mkdirSync(join(dir, 'filters'), { recursive: true, mode: 0o700 });
	if (filters.include !== undefined) copyFileSync(filters.include, join(dir, 'filters/.updateinclude'));
	if (filters.ignore !== undefined) copyFileSync(filters.ignore, join(dir, 'filters/.updateignore'));
	writeFileSync(join(dir, 'hidden'), hiddenNames(root).join('\0'), { mode: 0o600 });
	await listOwners(root, spareNames(world), join(dir, 'owners'));
	const tree = join(dir, 'tree');
	// A power cut can leave empty files with the right size and time.
	const compare = existsSync(tree) ? 'checksum' : 'size-and-time';
	mkdirSync(tree, { recursive: true, mode: 0o700 });
	await mirror(root, tree, filters, compare, rsyncPlace(world));
	await keepData(world, dir, data);
	const managed = await listManaged(tree, EVERYTHING, rsyncPlace(world));
	await syncFileSystem(dir);
	return managed.reduce((sum, one) => sum + one.size, 0);
}

/**
 * Restores the root to its state when `dir` was made. Ignored files keep their contents and get their owners
 * back. `keep` leaves the data as it is now, and files written since that no release brought.
 */
export async function restoreTree(world: ChangeWorld, dir: string, data: DataChoice): Promise<void> {
	const { root } = world.layout;
	try {
		const filters = filtersIn(join(dir, 'filters'), sparePaths(world));
		const kept = data === 'keep' ? await keptNow(world, dir) : [];
		await mirror(
			join(dir, 'tree'),
			root,
			{ ...filters, spare: [...filters.spare, ...kept] },
			'checksum',
			rsyncPlace(world),
		);
		if (data === 'restore') await putDataBack(world, dir);
		removeHooksBackups(root, dir);
		removeHalfCopies(world, dir);
		await listOwners(root, spareNames(world), join(dir, 'owners-now'));
		const changed = await giveBack(root, join(dir, 'owners'), join(dir, 'owners-now'));
		world.log.info('the root was put back', { from: dir, owners: changed });
		await syncFileSystem(root);
	} catch (thrown) {
		const why = recordOf(thrown);
		throw problem('restore-failed', `cannot put the old release back: ${why.message}`, why.hint, {
			facts: { ...why.facts, backup: dir },
			cause: thrown,
		});
	}
}

/** Removes the backup of the change in `changeDir` after it was restored. */
export function dropBackup(changeDir: string): void {
	removeTree(join(changeDir, 'backup'));
	syncDirectory(changeDir);
}

async function keepData(world: ChangeWorld, dir: string, paths: readonly string[]): Promise<void> {
	mkdirSync(join(dir, 'data'), { recursive: true, mode: 0o700 });
	for (const [index, path] of paths.entries()) {
		const from = join(world.layout.root, path);
		if (lookAt(from) === undefined) continue;
		await copyWhole(from, join(dir, 'data', String(index)), rsyncPlace(world));
		writeFileSync(join(dir, 'data', `${index}.path`), path, { mode: 0o600 });
	}
}

async function putDataBack(world: ChangeWorld, dir: string): Promise<void> {
	for (const { path, copy } of dataIn(dir)) {
		const to = join(world.layout.root, path);
		mkdirSync(dirname(to), { recursive: true });
		await copyWhole(copy, to, rsyncPlace(world));
	}
}

/** Returns the data in a backup, as the backup itself lists it; today's configuration may differ. */
export function dataIn(dir: string): readonly { readonly path: string; readonly copy: string }[] {
	const data = join(dir, 'data');
	const names = existsSync(data) ? readdirSync(data).filter((one) => one.endsWith('.path')) : [];
	return names.map((name) => ({
		path: readFileSync(join(data, name), 'utf8'),
		copy: join(data, name.replace(/\.path$/, '')),
	}));
}

/**
 * Returns what was added to the root since the backup in `dir` and was brought by no release; directories end
 * with a slash. When it is unknown what the installed release brought, everything new counts: losing user
 * data would be worse.
 */
export async function writtenBeside(
	world: Place,
	dir: string,
	installed: Version,
): Promise<readonly string[]> {
	const filters = filtersIn(join(dir, 'filters'), sparePaths(world));
	const fresh = await listDeletions(join(dir, 'tree'), world.layout.root, filters, rsyncPlace(world));
	const brought = withParents(readInstalled(world.layout.installed, installed)?.paths ?? []);
	return fresh.filter((path) => !brought.has(bare(path)));
}

/**
 * Returns the patterns of everything that `keep` preserves. A new directory needs only its own name, however
 * many files it holds.
 */
async function keptNow(world: ChangeWorld, dir: string): Promise<readonly string[]> {
	const fresh = await writtenBeside(world, dir, world.opened.from);
	const whole = new Set(fresh.filter((path) => path.endsWith('/')).map(bare));
	const tops = fresh.filter((path) => !parentsOf(path).some((parent) => whole.has(parent)));
	const data = [...world.config.install.data, ...dataIn(dir).map(({ path }) => path)];
	return [...tops, ...data.map(bare)].map(asPattern);
}

function parentsOf(path: string): readonly string[] {
	const parts = bare(path).split('/');
	return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'));
}

/**
 * File names may contain wildcards, line breaks (which rsync prints as \#012) and bytes that are not UTF-8: a
 * wildcard replaces those, which may preserve a name too many.
 */
function asPattern(told: string): string {
	const path = told.replace(/\\#([0-3][0-7]{2})/g, (_, digits: string) =>
		String.fromCharCode(Number.parseInt(digits, 8)),
	);
	return /[*?[\uFFFD]/.test(path) ? path.replace(/[*?[\\]/g, '\\$&').replace(/\uFFFD+/g, '*') : path;
}

/** Makes `to` a copy of `from`, a directory or a file, and replaces what is there. */
async function copyWhole(from: string, to: string, place: RsyncPlace): Promise<void> {
	const isDirectory = lookAt(from)?.isDirectory() === true;
	const there = lookAt(to);
	if (there !== undefined && there.isDirectory() !== isDirectory) removeTree(to);
	if (!isDirectory) return await copyFile(from, to, place);
	mkdirSync(to, { recursive: true, mode: 0o700 });
	await mirror(from, to, EVERYTHING, 'checksum', place);
}

/**
 * Removes backups that hooks themselves made (`.citadel-backup`) since the one in `dir`: hooks refuse to
 * start beside an old backup, so a forgotten one would block all further updates.
 */
export function removeHooksBackups(root: string, dir: string): void {
	const before = readFileSync(join(dir, 'hidden'), 'utf8').split('\0');
	for (const name of hiddenNames(root)) {
		if (/^\..+-backup$/.test(name) && !before.includes(name)) removeTree(join(root, name));
	}
}

/**
 * Removes the temporary files of an interrupted rsync from the root: `.info.json.a1B2c3`. Every filter treats
 * hidden names at the top as the user's, so no mirror would remove them. `info.json` must be a name of either
 * release.
 */
function removeHalfCopies(world: ChangeWorld, dir: string): void {
	const { root } = world.layout;
	const before = readFileSync(join(dir, 'hidden'), 'utf8').split('\0');
	const staged = stagedNow(world);
	const known = new Set(
		[join(dir, 'tree'), root, ...(staged === undefined ? [] : [staged])].flatMap((one) => readdirSync(one)),
	);
	for (const name of hiddenNames(root)) {
		const [, copied] = /^\.(.+)\.[A-Za-z0-9]{6}$/.exec(name) ?? [];
		const isOurs = copied !== undefined && known.has(copied) && !before.includes(name);
		if (isOurs && lookAt(join(root, name))?.isFile() === true) removeTree(join(root, name));
	}
}

function hiddenNames(root: string): readonly string[] {
	return readdirSync(root).filter((name) => name.startsWith('.'));
}
