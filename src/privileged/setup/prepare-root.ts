/**
 * Creates the directories and files of a root with their owners and modes (design §2). Of an entry that
 * exists, only owner and mode are set; its content stays.
 */
import { closeSync, constants, fchmodSync, fchownSync, fstatSync, lstatSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { errnoOf } from '../../model/base/errno.ts';
import { problem } from '../../model/base/error.ts';
import type { Layout } from '../../model/base/layout.ts';
import type { Prepared } from '../../model/config/setup.ts';
import { STATUS_AT_REST } from '../../model/status/status.ts';
import { AppendFile } from '../../system/files/append-file.ts';
import { makeDirectory } from '../../system/files/directories.ts';
import { replaceDurably } from '../../system/files/replace-file.ts';

/** `user`: one ordinary user runs everything and owns all of it. */
export type Owners =
	| {
			readonly kind: 'root';
			/** The group that may write signals. */
			readonly gid: number;
			/** The group of the fetcher's user, which passes through the state directory to the store. */
			readonly fetcher: number;
			/** `shared`: older managers write in `statuses/` themselves, between updates. */
			readonly statuses: 'shared' | 'ours';
	  }
	| { readonly kind: 'user' };

interface Entry {
	readonly path: string;
	readonly kind: 'directory' | 'file';
	readonly mode: number;
	/** Its group; undefined: root's own. */
	readonly group?: 'gid' | 'fetcher';
	readonly contents?: string;
}

/** Parents come before their children: once the parent is root's, no other user can replace the child. */
function entriesOf(layout: Layout, owners: Owners): readonly Entry[] {
	const ours = owners.kind === 'root';
	const statuses = ours && owners.statuses === 'shared' ? 0o770 : 0o750;
	return [
		{ path: layout.events, kind: 'directory', mode: 0o755 },
		{ path: layout.signals, kind: 'directory', mode: ours ? 0o2770 : 0o755, group: 'gid' },
		{ path: layout.triggers, kind: 'directory', mode: 0o755 },
		{ path: layout.statuses, kind: 'directory', mode: statuses, group: 'gid' },
		{ path: layout.signalReports, kind: 'directory', mode: 0o750, group: 'gid' },
		{
			path: layout.updateStatus,
			kind: 'file',
			mode: 0o660,
			group: 'gid',
			contents: `${JSON.stringify(STATUS_AT_REST)}\n`,
		},
		{ path: dirname(layout.state), kind: 'directory', mode: 0o755 },
		{ path: layout.state, kind: 'directory', mode: ours ? 0o710 : 0o700, group: 'fetcher' },
	];
}

/**
 * Returns what was done with each entry, in order. Safe to call again. Throws `tree-unsafe` for a link in the
 * place of an entry.
 */
export function prepareRoot(layout: Layout, owners: Owners): readonly Prepared[] {
	const prepared = entriesOf(layout, owners)
		.filter(({ path }) => path !== dirname(layout.state) || !exists(path))
		.map((entry) => prepare(entry, owners));
	return [...prepared, ensureLedger(layout.ledger)];
}

/** An empty ledger, so that signals sent before karen's first start count as new. */
function ensureLedger(path: string): Prepared {
	if (exists(path)) return { path, what: 'kept' };
	new AppendFile(path).close();
	return { path, what: 'made' };
}

function prepare(entry: Entry, owners: Owners): Prepared {
	const before = exists(entry.path);
	if (!before && entry.kind === 'directory') makeDirectory(entry.path, 0o700);
	if (!before && entry.kind === 'file') replaceDurably(entry.path, entry.contents ?? '');
	const changed = claim(entry, owners);
	return { path: entry.path, what: before ? changed : 'made' };
}

/** Sets owner and mode through a descriptor, never through a link: another user may own the tree. */
function claim(entry: Entry, owners: Owners): 'set' | 'kept' {
	const fd = openEntry(entry);
	try {
		const stats = fstatSync(fd);
		const gid = owners.kind === 'root' && entry.group !== undefined ? owners[entry.group] : 0;
		const wanted = owners.kind === 'root' ? { uid: 0, gid } : { uid: stats.uid, gid: stats.gid };
		const owned = stats.uid === wanted.uid && stats.gid === wanted.gid;
		if (owned && (stats.mode & 0o7777) === entry.mode) return 'kept';
		if (!owned) fchownSync(fd, wanted.uid, wanted.gid);
		fchmodSync(fd, entry.mode);
		return 'set';
	} finally {
		closeSync(fd);
	}
}

function openEntry({ path, kind }: Entry): number {
	const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK, O_DIRECTORY } = constants;
	try {
		const fd = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | (kind === 'directory' ? O_DIRECTORY : 0));
		const stats = fstatSync(fd);
		if (kind === 'directory' || (stats.isFile() && stats.nlink === 1)) return fd;
		closeSync(fd);
		throw unsafe(path, kind);
	} catch (thrown) {
		if (errnoOf(thrown) === 'ELOOP' || errnoOf(thrown) === 'ENOTDIR') throw unsafe(path, kind);
		throw thrown;
	}
}

function unsafe(path: string, kind: Entry['kind']) {
	return problem(
		'tree-unsafe',
		`cannot use ${path}: it is not a plain ${kind}`,
		`move it away; init creates a new ${kind}`,
		{
			facts: { path },
		},
	);
}

function exists(path: string): boolean {
	return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
