/**
 * A backup on disk: `tree/` (what the filters let through), `data/N/` (what install.data names), `filters/` (the rules it was
 * made by), `owners` (of everything), `hidden` (the top-level names that start with a dot). Root's own directory, mode 0700.
 */
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { problem, recordOf } from '../../model/error.ts';
import { syncFileSystem } from '../../system/disk.ts';
import { lookAt, removeTree, syncDirectory } from '../../system/files.ts';
import { giveBack, listOwners } from '../../system/owners.ts';
import { copyFile, EVERYTHING, type Filters, listManaged, mirror, type RsyncPlace } from '../../system/rsync.ts';
import { filtersIn } from './filters.ts';
import { stagedNow } from './steps/stage.ts';
import { type ChangeWorld, rsyncPlace, spareNames, sparePaths } from './world.ts';

/** Copies the root into `dir` and makes it durable; a half copy from before a cut is completed. Returns its bytes. */
export async function keepTree(world: ChangeWorld, dir: string, filters: Filters): Promise<number> {
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
	await keepData(world, dir);
	const managed = await listManaged(tree, EVERYTHING, rsyncPlace(world));
	await syncFileSystem(dir);
	return managed.reduce((sum, one) => sum + one.size, 0);
}

/** Puts the root back as it was when `dir` was made. What the filters ignore keeps its contents and gets its owner back. */
export async function putBack(world: ChangeWorld, dir: string): Promise<void> {
	const { root } = world.layout;
	try {
		const filters = filtersIn(join(dir, 'filters'), sparePaths(world));
		await mirror(join(dir, 'tree'), root, filters, 'checksum', rsyncPlace(world));
		await putDataBack(world, dir);
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

async function keepData(world: ChangeWorld, dir: string): Promise<void> {
	mkdirSync(join(dir, 'data'), { recursive: true, mode: 0o700 });
	for (const [index, path] of world.config.install.data.entries()) {
		const from = join(world.layout.root, path);
		if (lookAt(from) === undefined) continue;
		await copyWhole(from, join(dir, 'data', String(index)), rsyncPlace(world));
		writeFileSync(join(dir, 'data', `${index}.path`), path, { mode: 0o600 });
	}
}

/** By what the backup itself says, not by today's configuration. */
async function putDataBack(world: ChangeWorld, dir: string): Promise<void> {
	const data = join(dir, 'data');
	if (!existsSync(data)) return;
	for (const name of readdirSync(data).filter((one) => one.endsWith('.path'))) {
		const to = join(world.layout.root, readFileSync(join(data, name), 'utf8'));
		mkdirSync(dirname(to), { recursive: true });
		await copyWhole(join(data, name.replace(/\.path$/, '')), to, rsyncPlace(world));
	}
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
	const known = new Set([join(dir, 'tree'), root, ...(staged === undefined ? [] : [staged])].flatMap((one) => readdirSync(one)));
	for (const name of hiddenNames(root)) {
		const [, copied] = /^\.(.+)\.[A-Za-z0-9]{6}$/.exec(name) ?? [];
		const isOurs = copied !== undefined && known.has(copied) && !before.includes(name);
		if (isOurs && lookAt(join(root, name))?.isFile() === true) removeTree(join(root, name));
	}
}

function hiddenNames(root: string): readonly string[] {
	return readdirSync(root).filter((name) => name.startsWith('.'));
}
