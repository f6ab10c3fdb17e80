/**
 * Seals the staged release before each hook: real hooks `chown -R` the root, staging included, and whoever owns a file
 * can change it. What root is about to run must be what was verified (docs/decisions/0021-files-given-away-by-hooks.md).
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
import { syncFileSystem } from '../../../system/files/disk.ts';
import { kindOf, lookAt, renewFile } from '../../../system/files/files.ts';
import type { ChangeWorld } from '../world.ts';
import { isExposed, reclaimTree } from './reclaim-tree.ts';
import { manifestPath } from './staged.ts';
import type { Staging } from './staging.ts';

const HOOKS = 'scripts/update/';

/** Staged hooks as this process sealed them: nobody wrote to one or gave it away since, or its change time, which only the kernel sets, would differ. */
const sealed = new Set<Stamp>();

/**
 * Gives the staged tree back to root, closed to other writers. What had been given away becomes new files, which nobody else holds
 * open; what root runs of it must be what the manifest says, and links must stay inside. Hooks themselves are always looked at. What hooks
 * wrote into other files, or made, stays: they configure the release while it is staged. Throws `content-changed`. Crash: sealed anew.
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

/** Of a release root runs its executables, what lies among its scripts (some are read by others), and what links lead to. */
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
		// A hook that writes to this name would write where the link leads to.
		throw changed(path, 'a link inside the release', `a link to ${readlinkSync(at).slice(0, 200)}`);
	}
}

function staysInside(path: string, target: string): boolean {
	const parsed = parseReleasePath(path);
	return parsed !== undefined && linkStaysInside(parsed, target);
}

/** Whoever had a hook before may hold it open, also where it was given away and taken back: it is a new file, unless nobody touched it since it was one. */
function renewHook(at: string, { mode }: FileEntry): boolean {
	if (lookAt(at)?.isFile() !== true || sealed.has(stampAt(at))) return false;
	renewFile(at, mode);
	return true;
}

function stampAt(path: string): Stamp {
	return stampOf(lstatSync(path, { bigint: true }));
}

/** A file that is gone is not run, unless it is a hook. */
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

/** Ours, and durable since the release was staged: where it is gone, a hook reached into root's own directory. */
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
		'somebody changed it while the update ran: look who owns the root, then ask again',
		{
			facts: { path, expected, found },
		},
	);
}
