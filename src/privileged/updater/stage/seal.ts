/**
 * Seals the staged release before each hook: real hooks `chown -R` the root, staging included, and the new
 * owner could change the files. Root must run what was verified
 * (docs/decisions/0021-files-given-away-by-hooks.md).
 */
import { lstatSync, readFileSync, readlinkSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { problem } from '../../../model/base/error.ts';
import {
	linkStaysInside,
	type Manifest,
	type ManifestEntry,
	parseReleasePath,
} from '../../../model/release/manifest.ts';
import { type Stamp, stampOf } from '../../../model/signal/signal.ts';
import { digestOf } from '../../../system/files/digest.ts';
import { lookAt } from '../../../system/files/directories.ts';
import { syncFileSystem } from '../../../system/files/disk.ts';
import { kindOf } from '../../../system/files/read-file.ts';
import { renewFile } from '../../../system/files/replace-file.ts';
import type { ChangeWorld } from '../world.ts';
import { isExposed, reclaimTree } from './reclaim-tree.ts';
import { manifestPath } from './staged.ts';
import type { Staging } from './staging.ts';

const HOOKS = 'scripts/update/';

/**
 * Stamps of hooks that this process sealed. An equal stamp proves that a hook is unchanged: only the kernel
 * sets its change time.
 */
const sealed = new Set<Stamp>();

/**
 * Gives the staged tree back to root, without write access of others. Files that were given away become new
 * inodes, which no other process holds open; those that root runs must match the manifest, and links must
 * stay inside. Hooks are always checked. Other files that hooks wrote stay: hooks configure the release while
 * it is staged. Throws `content-changed`. Crash: sealed again.
 */
export async function sealStaged(world: Pick<ChangeWorld, 'dir'>, staging: Staging): Promise<void> {
	const given = reclaimTree(staging);
	const { entries } = readManifest(manifestPath(world));
	const signed = new Map<string, ManifestEntry>(entries.map((entry) => [entry.path, entry]));
	for (const [path, stats] of given) renewGiven(join(staging.place, path), path, stats, signed.get(path));
	const fresh = entries.filter(
		(entry) => isHook(entry) && !given.has(entry.path) && renewHook(join(staging.place, entry.path), entry),
	);
	for (const entry of entries) {
		if (isHook(entry) || (isRun(entry) && isExposed(entry.path, given)))
			requireSigned(join(staging.place, entry.path), entry);
	}
	for (const entry of entries) if (isHook(entry)) sealed.add(stampAt(join(staging.place, entry.path)));
	if (given.size + fresh.length > 0) await syncFileSystem(staging.name());
}

type FileEntry = Extract<ManifestEntry, { kind: 'file' }>;

function isHook(entry: ManifestEntry): entry is FileEntry {
	return entry.kind === 'file' && entry.path.startsWith(HOOKS);
}

/**
 * Root runs a release's executables, everything in `scripts/` (some scripts read others), and the targets of
 * links.
 */
function isRun(entry: ManifestEntry): boolean {
	return entry.kind === 'link' || entry.mode === 0o755 || entry.path.startsWith('scripts/');
}

function renewGiven(at: string, path: string, stats: Stats, entry: ManifestEntry | undefined): void {
	if (stats.isDirectory()) return;
	if (stats.isFile()) {
		renewFile(at, entry !== undefined && isHook(entry) ? entry.mode : stats.mode & 0o755);
	} else if (!stats.isSymbolicLink()) {
		throw changed(path, 'a file, a directory or a link', kindOf(stats));
	} else if (!staysInside(path, readlinkSync(at))) {
		// A hook that writes to this name would write to the target of the link.
		throw changed(path, 'a link inside the release', `a link to ${readlinkSync(at).slice(0, 200)}`);
	}
}

function staysInside(path: string, target: string): boolean {
	const parsed = parseReleasePath(path);
	return parsed !== undefined && linkStaysInside(parsed, target);
}

/**
 * A former owner may still hold the hook open, so it becomes a new inode, unless it is unchanged since it
 * became one.
 */
function renewHook(at: string, { mode }: FileEntry): boolean {
	if (lookAt(at)?.isFile() !== true || sealed.has(stampAt(at))) return false;
	renewFile(at, mode);
	return true;
}

function stampAt(path: string): Stamp {
	return stampOf(lstatSync(path, { bigint: true }));
}

/** A missing file is not run, unless it is a hook. */
function requireSigned(at: string, entry: ManifestEntry): void {
	const stats = lookAt(at);
	if (stats === undefined && !isHook(entry)) return;
	const found = foundAt(at, stats);
	const expected = entry.kind === 'file' ? entry.sha256 : `a link to ${entry.target}`;
	if (found !== expected) throw changed(entry.path, expected, found);
}

function foundAt(at: string, stats: Stats | undefined): string {
	if (stats === undefined) return 'missing';
	if (stats.isSymbolicLink()) return `a link to ${readlinkSync(at)}`;
	return stats.isFile() ? digestOf(at) : kindOf(stats);
}

/**
 * The manifest is durable since the release was staged: if it is gone, a hook damaged root's own directory.
 */
function readManifest(path: string): Manifest {
	try {
		return JSON.parse(readFileSync(path, 'utf8')) as Manifest;
	} catch (thrown) {
		const hint = 'a hook of the release damaged the state directory: tell its author';
		throw problem('state-damaged', `cannot read the manifest of the staged release: ${path}`, hint, {
			facts: { path },
			cause: thrown,
		});
	}
}

function changed(path: string, expected: string, found: string): Error {
	return problem(
		'content-changed',
		`cannot run the release's hooks: ${path} is not what was staged`,
		'another user changed it during the update: check the owner of the root, then try again',
		{
			facts: { path, expected, found },
		},
	);
}
