/**
 * Seals the staged release before each hook: real hooks `chown -R` the root, staging included, and whoever owns a file
 * can change it. What root is about to run must be what was verified.
 */
import { createHash } from 'node:crypto';
import { chmodSync, lchownSync, lstatSync, readdirSync, readFileSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { problem } from '../../model/error.ts';
import type { Manifest } from '../../model/manifest.ts';
import { readSmall, replaceDurably } from '../../system/files.ts';
import type { Staging } from './staging.ts';
import { manifestPath } from './steps/stage.ts';
import type { ChangeWorld } from './world.ts';

const HOOKS = 'scripts/update/';
const FILE_MAX_BYTES = 64 * 1024 * 1024;
const SELF = { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 };

/**
 * Gives the staged tree back to root, closes it to other writers, and compares everything in `scripts/update/` with the
 * manifest; it lies in files then that nobody else holds open. Throws `content-changed`. Other files may differ by now: hooks
 * configure the release while it is staged.
 */
export function sealStaged(world: ChangeWorld, staging: Staging): void {
	staging.takeBack();
	takeBackAll(staging.place);
	const manifest = readManifest(manifestPath(world));
	for (const entry of manifest.entries) {
		if (entry.kind !== 'file' || !entry.path.startsWith(HOOKS)) continue;
		const path = join(staging.place, entry.path);
		const read = readSmall(path, FILE_MAX_BYTES);
		const digest = read.kind === 'file' ? createHash('sha256').update(read.bytes).digest('hex') : read.kind;
		if (read.kind !== 'file' || digest !== entry.sha256) throw changed(entry.path, entry.sha256, digest);
		// Whoever had the file before may hold it open: what was looked at goes into a new one, which nobody else ever had.
		replaceDurably(path, read.bytes, { mode: entry.mode });
		utimesSync(path, read.stats.atime, read.stats.mtime);
	}
}

/** Ours, and durable since the release was staged: where it is gone, a hook reached into root's own directory. */
function readManifest(path: string): Manifest {
	try {
		return JSON.parse(readFileSync(path, 'utf8')) as Manifest;
	} catch (thrown) {
		const hint = 'a hook of the release damaged the state directory: tell its author';
		throw problem('state-damaged', `cannot read the manifest of the staged release: ${path}`, hint, { facts: { path }, cause: thrown });
	}
}

/** Owner ours, no writer but the owner; links are not followed. */
function takeBackAll(dir: string): void {
	for (const name of readdirSync(dir)) {
		const path = join(dir, name);
		const stats = lstatSync(path);
		if (stats.uid !== SELF.uid) lchownSync(path, SELF.uid, SELF.gid);
		if (!stats.isSymbolicLink() && (stats.mode & 0o022) !== 0) chmodSync(path, stats.mode & 0o7755);
		if (stats.isDirectory()) takeBackAll(path);
	}
}

function changed(path: string, expected: string, found: string): Error {
	return problem(
		'content-changed',
		`cannot run the release's hooks: ${path} is not what was staged`,
		'somebody changed it while the update ran: look who owns the root, then ask again',
		{
			facts: { path, expected, found },
		},
	);
}
