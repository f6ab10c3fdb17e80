/**
 * Repairs damaged journals. That of an ended change is moved aside, and its readable lines are kept. The open
 * change may have come any distance, so it is closed as `needs-attention`, and the operator decides.
 */
import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { type ErrorRecord, problem } from '../../../model/base/error.ts';
import type { Layout } from '../../../model/base/layout.ts';
import { type ChangeId, parseChangeId } from '../../../model/change/change.ts';
import {
	decodeJournal,
	encodeEntry,
	type Fact,
	type Journal,
	type Opened,
	openedOf,
	salvageJournal,
} from '../../../model/change/journal.ts';
import type { Clock } from '../../../system/clock.ts';
import { lookAt, removeTree, syncDirectory } from '../../../system/files/directories.ts';
import { readSmall } from '../../../system/files/read-file.ts';
import { replaceDurably } from '../../../system/files/replace-file.ts';
import { JOURNAL_MAX_BYTES, listChanges } from './change-journal.ts';

/**
 * Moves every damaged journal aside and returns the damage found, before anything reads them. `guess` gives
 * the opening of the open change when it is unreadable. Crash: journals that were not repaired are found
 * again.
 */
export function repairJournals(
	layout: Layout,
	clock: Clock,
	guess: (change: ChangeId) => Opened,
): readonly ErrorRecord[] {
	const { open, found } = openChangeOf(layout);
	const ended = listChanges(layout).filter((change) => change !== open);
	return [
		...found,
		...ended.flatMap((change) => repairEnded(layout, change)),
		...repairOpen(layout, open, clock, guess),
	];
}

interface Marked {
	readonly open: ChangeId | undefined;
	readonly found: readonly ErrorRecord[];
}

function openChangeOf(layout: Layout): Marked {
	const marker = readSmall(layout.currentChange, 100);
	if (marker.kind === 'missing') return { open: undefined, found: [] };
	const change = marker.kind === 'file' ? parseChangeId(marker.bytes.toString('utf8').trim()) : undefined;
	return change === undefined ? repairMarker(layout) : { open: change, found: [] };
}

/** With a damaged marker, the journals show which change is open: the newest, or none. */
function repairMarker(layout: Layout): Marked {
	const [newest] = listChanges(layout);
	const open =
		newest !== undefined && !isClosed(readWhole(join(layout.changes, newest)).entries) ? newest : undefined;
	const aside = moveAside(layout.currentChange);
	if (open !== undefined) replaceDurably(layout.currentChange, `${open}\n`);
	return {
		open,
		found: [
			damaged(aside, open === undefined ? 'no change is open' : `${open} is assumed to be the open change`),
		],
	};
}

function repairEnded(layout: Layout, change: ChangeId): readonly ErrorRecord[] {
	const dir = join(layout.changes, change);
	const { entries, state } = readWhole(dir);
	if (state === 'whole') return [];
	const aside = keepAside(dir);
	writeJournal(dir, entries);
	// A crash before the first fact: the change never began, and nothing is lost.
	return aside === undefined ? [] : [damaged(aside, `${entries.length} facts of that change were recovered`)];
}

function repairOpen(
	layout: Layout,
	change: ChangeId | undefined,
	clock: Clock,
	guess: (change: ChangeId) => Opened,
): readonly ErrorRecord[] {
	if (change === undefined) return [];
	const dir = join(layout.changes, change);
	const { entries, state } = readWhole(dir);
	if (state === 'whole' && openedOf(entries) !== undefined) return [];
	const opening: Fact = { event: 'opened', opened: openedOf(entries) ?? guess(change) };
	mkdirSync(dir, { recursive: true, mode: 0o700 });
	const path = keepAside(dir) ?? join(dir, 'journal');
	const error = damaged(path, 'that change was in progress, and how far it came is unknown');
	const facts = [opening, ...entries.filter(({ event }) => event !== 'opened')];
	const closing: Fact = {
		event: 'closed',
		outcome: { kind: 'needs-attention', cause: error, rollback: error },
	};
	writeJournal(dir, numbered(isClosed(entries) ? facts : [...facts, closing], clock.now()));
	return [error];
}

function numbered(facts: readonly Fact[], now: number): Journal {
	return facts.map((fact, index) => ({ at: now, ...fact, seq: index + 1 }));
}

function readWhole(dir: string): { readonly entries: Journal; readonly state: 'whole' | 'damaged' } {
	const read = readSmall(join(dir, 'journal'), JOURNAL_MAX_BYTES);
	if (read.kind !== 'file') return { entries: [], state: 'damaged' };
	const decoded = decodeJournal(read.bytes);
	return decoded.kind === 'journal'
		? { entries: decoded.entries, state: 'whole' }
		: { entries: salvageJournal(read.bytes), state: 'damaged' };
}

function isClosed(journal: Journal): boolean {
	return journal.some((entry) => entry.event === 'closed');
}

/** Keeps the damaged journal beside the rewritten one; undefined when there is none. */
function keepAside(dir: string): string | undefined {
	const path = join(dir, 'journal');
	return lookAt(path) === undefined ? undefined : moveAside(path);
}

function moveAside(path: string): string {
	const aside = `${path}.damaged`;
	removeTree(aside);
	renameSync(path, aside);
	return aside;
}

function writeJournal(dir: string, entries: Journal): void {
	replaceDurably(join(dir, 'journal'), entries.map(encodeEntry).join(''));
	syncDirectory(dir);
}

function damaged(path: string, what: string): ErrorRecord {
	const message = `a state file was damaged and is now kept as ${path}: ${what}`;
	return problem(
		'state-damaged',
		message,
		'check the disk and who can write to that directory; then the file can be removed',
		{ facts: { path } },
	).record;
}
