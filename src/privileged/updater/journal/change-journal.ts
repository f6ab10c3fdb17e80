/** The journal file of one change, and the marker that says which change is open. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '../../../model/base/errno.ts';
import { problem } from '../../../model/base/error.ts';
import type { Layout } from '../../../model/base/layout.ts';
import { type ChangeId, parseChangeId, timeOfChange } from '../../../model/change/change.ts';
import {
	type DecodedJournal,
	decodeJournal,
	encodeEntry,
	type Fact,
	type Journal,
	type JournalEntry,
	type Opened,
} from '../../../model/change/journal.ts';
import type { Clock } from '../../../system/clock.ts';
import { AppendFile } from '../../../system/files/append-file.ts';
import { lookAt, makeDirectory, removeTree, syncDirectory } from '../../../system/files/directories.ts';
import { takeLock } from '../../../system/files/lock.ts';
import { readSmall } from '../../../system/files/read-file.ts';
import { replaceDurably } from '../../../system/files/replace-file.ts';

/**
 * Bytes kept in reserve beside the journal and released when the disk is full: hooks fill disks, and a
 * rollback must still be journalled. More than a whole rollback writes.
 */
const RESERVE_BYTES = 256 * 1024;

/** The limit of facts ends a change long before its journal gets this long. */
export const JOURNAL_MAX_BYTES = 64 * 1024 * 1024;

export interface ChangeJournal {
	readonly dir: string;
	readonly entries: () => Journal;
	/**
	 * Milliseconds since the last fact was written, or since the journal was reopened; by a monotonic clock.
	 */
	readonly idle: () => number;
	/** Writes one fact. When it returns, the fact is on disk. */
	append(fact: Fact): void;
	close(): void;
}

/**
 * Opens a new change: its directory, its journal with the first fact, then the marker. Crash: a directory
 * that no marker names; nothing was done yet, and remove-leftovers.ts removes it.
 */
export function openChange(layout: Layout, opened: Opened, clock: Clock): ChangeJournal {
	const dir = join(layout.changes, opened.change);
	makeDirectory(layout.changes, 0o700);
	mkdirSync(join(dir, 'logs'), { recursive: true, mode: 0o700 });
	makeReserve(dir);
	const journal = journalIn(dir, [], undefined, clock);
	journal.append({ event: 'opened', opened });
	syncDirectory(layout.changes);
	replaceDurably(layout.currentChange, `${opened.change}\n`);
	return journal;
}

/**
 * Returns the journal of the open change, or undefined when none is open. Throws `state-damaged` when it
 * cannot be read.
 */
export function reopenChange(layout: Layout, clock: Clock): ChangeJournal | undefined {
	const marker = readSmall(layout.currentChange, 100);
	if (marker.kind === 'missing') return undefined;
	const change = marker.kind === 'file' ? parseChangeId(marker.bytes.toString('utf8').trim()) : undefined;
	if (change === undefined) throw damaged(layout.currentChange);
	const dir = join(layout.changes, change);
	const { entries, kept } = load(dir);
	return journalIn(dir, entries, kept, clock);
}

/**
 * Returns whether a running updater holds the open change. It locks the journal as well as the lock files,
 * because hooks run as root can remove those, and a second updater must not take the change for an
 * interrupted one.
 */
export function isChangeHeld(layout: Layout): boolean {
	const marker = readSmall(layout.currentChange, 100);
	const change = marker.kind === 'file' ? parseChangeId(marker.bytes.toString('utf8').trim()) : undefined;
	const path = change === undefined ? undefined : join(layout.changes, change, 'journal');
	if (path === undefined || !existsSync(path)) return false;
	const taken = takeLock(path, 0);
	if (taken.kind === 'held') taken.lock.release();
	return taken.kind === 'busy';
}

/** Returns whether a change is open. */
export function isChangeOpen(layout: Layout): boolean {
	return existsSync(layout.currentChange);
}

/** Returns the journal of a change by its id; empty when a crash came before its first line. */
export function readJournal(layout: Layout, change: ChangeId): Journal {
	const dir = join(layout.changes, change);
	return lookAt(join(dir, 'journal')) === undefined ? [] : load(dir).entries;
}

function load(dir: string): Extract<DecodedJournal, { kind: 'journal' }> {
	const path = join(dir, 'journal');
	const read = readSmall(path, JOURNAL_MAX_BYTES);
	const decoded = read.kind === 'file' ? decodeJournal(read.bytes) : undefined;
	if (decoded?.kind !== 'journal') throw damaged(path);
	return decoded;
}

/** Removes the marker: the change is closed and complete. */
export function forgetOpenChange(layout: Layout): void {
	rmSync(layout.currentChange, { force: true });
	// A hook may have removed the whole state directory.
	if (existsSync(layout.changes)) syncDirectory(layout.changes);
}

/** Returns the latest time recorded in a change id, in milliseconds since 1970: ids must only increase. */
export function timeSeen(layout: Layout): number {
	const [newest] = listChanges(layout);
	return newest === undefined ? 0 : timeOfChange(newest);
}

/** Returns the ids of all changes, newest first. */
export function listChanges(layout: Layout): readonly ChangeId[] {
	try {
		return readdirSync(layout.changes)
			.flatMap((name) => parseChangeId(name) ?? [])
			.sort()
			.reverse();
	} catch {
		return [];
	}
}

function journalIn(dir: string, known: Journal, keep: number | undefined, clock: Clock): ChangeJournal {
	const entries: JournalEntry[] = [...known];
	let written = clock.monotonic();
	// After a failed fsync the on-disk state is unknown, and a later fsync may report success: only re-reading
	// is reliable.
	let isTrusted: 'yes' | 'no' = 'yes';
	const file = new AppendFile(join(dir, 'journal'), keep);
	const held = takeLock(file.path, 0);
	const evenIfFull = (act: () => void) => {
		try {
			act();
		} catch (thrown) {
			if (errnoOf(thrown) !== 'ENOSPC' || !existsSync(reserveIn(dir))) throw thrown;
			removeTree(reserveIn(dir));
			act();
		}
	};
	return {
		dir,
		entries: () => entries,
		idle: () => clock.monotonic() - written,
		append(fact) {
			const entry: JournalEntry = { ...fact, seq: entries.length + 1, at: clock.now() };
			if (isTrusted === 'no') throw unsynced(file.path);
			evenIfFull(() => file.write(encodeEntry(entry)));
			isTrusted = 'no';
			evenIfFull(() => file.sync());
			isTrusted = 'yes';
			entries.push(entry);
			written = clock.monotonic();
			if (fact.event === 'closed') removeTree(reserveIn(dir));
		},
		close() {
			file.close();
			if (held.kind === 'held') held.lock.release();
		},
	};
}

function makeReserve(dir: string): void {
	try {
		// Random bytes, so that a file system cannot compress them.
		writeFileSync(reserveIn(dir), randomBytes(RESERVE_BYTES), { mode: 0o600 });
	} catch (thrown) {
		removeTree(dir);
		throw thrown;
	}
}

export function reserveIn(dir: string): string {
	return join(dir, 'reserve');
}

function unsynced(path: string): Error {
	return problem(
		'io-error',
		`cannot write to ${path}: an earlier line did not reach the disk`,
		'check the disk and the kernel log',
		{
			facts: { path },
			retry: 'later',
		},
	);
}

function damaged(path: string): Error {
	return problem(
		'state-damaged',
		`cannot read ${path}: it is damaged`,
		'check the file; if the box works, remove changes/current in the state directory',
		{ facts: { path } },
	);
}
