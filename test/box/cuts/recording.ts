/**
 * One run of a program, and what a kill would have left on its way: a cut costs a copy then, and not a run up
 * to it.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Layout } from '../../../src/model/base/layout.ts';
import { decodeJournal, encodeEntry, type JournalEntry } from '../../../src/model/change/journal.ts';

export interface Recording<E> {
	readonly ended: E;
	/** Makes the root and the state what they were at this point. */
	rewind(point: string): void;
}

/** Starts the program with this module loaded before it and with this environment. */
export type StartRecorded<E> = (preload: string, environment: Readonly<Record<string, string>>) => Promise<E>;

/**
 * Runs a program on the box in `dir` to its end, and keeps what is on disk when a text of `points` was
 * written and synced.
 */
export async function recordRun<E>(
	dir: string,
	layout: Layout,
	points: readonly string[],
	start: StartRecorded<E>,
): Promise<Recording<E>> {
	const to = mkdtempSync(join(dir, 'recording-'));
	const from = [layout.root, layout.state];
	const ended = await start(join(import.meta.dirname, 'recorder.ts'), {
		RECORD_POINTS: JSON.stringify(points),
		RECORD_FROM: JSON.stringify(from),
		RECORD_TO: to,
	});
	return {
		ended,
		rewind(point) {
			const copy = join(to, String(points.indexOf(point)));
			if (!existsSync(copy)) throw new Error(`the program was never at ${point}`);
			for (const path of from) rmSync(path, { recursive: true, force: true });
			execFileSync('cp', ['--archive', '--', ...from.map((path) => join(copy, basename(path))), dir]);
			noteStagingAgain(layout);
		},
	};
}

/** The journal knows the staging directory by its inode, and a copy of it has another one. */
function noteStagingAgain({ changes, currentChange }: Layout): void {
	if (!existsSync(currentChange)) return;
	const path = join(changes, readFileSync(currentChange, 'utf8').trim(), 'journal');
	const decoded = decodeJournal(readFileSync(path));
	if (decoded.kind === 'damaged') throw new Error(`the journal is damaged in line ${decoded.line}`);
	writeFileSync(path, decoded.entries.map((entry) => encodeEntry(withInodeOfNow(entry))).join(''), {
		mode: 0o600,
	});
}

function withInodeOfNow(entry: JournalEntry): JournalEntry {
	const dir = entry.event === 'done' && entry.step === 'stage' ? String(entry.record['dir']) : '';
	if (entry.event !== 'done' || !existsSync(dir)) return entry;
	return { ...entry, record: { ...entry.record, inode: String(statSync(dir, { bigint: true }).ino) } };
}
