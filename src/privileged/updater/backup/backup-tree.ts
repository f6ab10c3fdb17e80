/**
 * A backup on disk: `tree/` (what the filters let through), `data/N/` (what install.data names), `filters/` (the rules it was
 * made by), `owners` (of everything), `hidden` (the top-level names that start with a dot). Root's own directory, mode 0700.
 */
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { problem, recordOf } from '../../../model/base/error.ts';
import type { DataChoice } from '../../../model/change/rollback-preview.ts';
import type { Version } from '../../../model/release/version.ts';
import { giveBack, listOwners } from '../../../system/access/ownership-snapshot.ts';
import { syncFileSystem } from '../../../system/files/disk.ts';
import { lookAt, removeTree, syncDirectory } from '../../../system/files/files.ts';
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

/** Copies the root into `dir` and makes it durable; a half copy from before a cut is completed. Returns its bytes. */
export async function keepTree(
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
	// A power cut leaves files of the right size and time that hold nothing.
	const compare = existsSync(tree) ? 'checksum' : 'size-and-time';
	mkdirSync(tree, { recursive: true, mode: 0o700 });
	await mirror(root, tree, filters, compare, rsyncPlace(world));
	await keepData(world, dir, data);
	const managed = await listManaged(tree, EVERYTHING, rsyncPlace(world));
	await syncFileSystem(dir);
	return managed.reduce((sum, one) => sum + one.size, 0);
}

/**
 * Puts the root back as it was when `dir` was made. What the filters ignore keeps its contents and gets its owner back. `keep` leaves
 * the data as it is now, and what was written since where no release brought anything.
 */
export async function putBack(world: ChangeWorld, dir: string, data: DataChoice): Promise<void> {
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

/** Removes the backup of the change in `changeDir`: what it kept is in its place again. */
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

/** Returns the data in a backup: by what the backup itself says, not by today's configuration. */
export function dataIn(dir: string): readonly { readonly path: string; readonly copy: string }[] {
	const data = join(dir, 'data');
	const names = existsSync(data) ? readdirSync(data).filter((one) => one.endsWith('.path')) : [];
	return names.map((name) => ({
		path: readFileSync(join(data, name), 'utf8'),
		copy: join(data, name.replace(/\.path$/, '')),
	}));
}

/**
 * Returns what stands in the root since the backup in `dir` was made, and was brought by no release; directories with a slash at
 * the end. Where it is not known what the installed release brought, all that is new counts: the user's loss would be the greater one.
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

/** Returns the patterns of all that `keep` leaves alone. Of a directory that is all new its name is enough: there may be many files in it. */
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
 * Names of users may hold what a pattern takes for a joker, line ends, which rsync tells as \#012, and bytes that are no UTF-8: for
 * those a joker stands, which may keep a name too many.
 */
function asPattern(told: string): string {
	const path = told.replace(/\\#([0-3][0-7]{2})/g, (_, digits: string) =>
		String.fromCharCode(Number.parseInt(digits, 8)),
	);
	return /[*?[\uFFFD]/.test(path) ? path.replace(/[*?[\\]/g, '\\$&').replace(/\uFFFD+/g, '*') : path;
}

/** Makes `to` what `from` is, a directory or a file, whatever stands there. */
async function copyWhole(from: string, to: string, place: RsyncPlace): Promise<void> {
	const isDirectory = lookAt(from)?.isDirectory() === true;
	const there = lookAt(to);
	if (there !== undefined && there.isDirectory() !== isDirectory) removeTree(to);
	if (!isDirectory) return await copyFile(from, to, place);
	mkdirSync(to, { recursive: true, mode: 0o700 });
	await mirror(from, to, EVERYTHING, 'checksum', place);
}

/**
 * Removes the backups that hooks made of their own (`.citadel-backup`) since the one in `dir` was made: they refuse to start beside an
 * old one, so that what a hook forgot would be the last update of this box.
 */
export function removeHooksBackups(root: string, dir: string): void {
	const before = readFileSync(join(dir, 'hidden'), 'utf8').split('\0');
	for (const name of hiddenNames(root)) {
		if (/^\..+-backup$/.test(name) && !before.includes(name)) removeTree(join(root, name));
	}
}

/**
 * Removes what an rsync that was cut off left of files it was just writing into the root: `.info.json.a1B2c3`. Hidden names at the
 * top are the user's to every filter, so that no mirror would ever do it. `info.json` must be a name of either release.
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
