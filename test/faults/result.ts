/**
 * What a run of the fault harness found: trials in, one row of the table in docs/reliability.md out. The rows
 * of each suite are kept in `test/faults/out/SUITE.jsonl`, so that suites can be run one by one and the table
 * shows the last run of each.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** One fault, made once, and how the box ended. */
export interface Trial {
	/** Why the end is wrong, a line each; none: it is right. */
	readonly wrong: readonly string[];
	/**
	 * From the start of the recovery until the box was idle, in milliseconds; null where nothing had to
	 * recover.
	 */
	readonly recovery: number | null;
	/**
	 * Bytes of state that had been acknowledged (user data, journal, history, a durable write that returned)
	 * and are gone.
	 */
	readonly lost: number;
}

/** One row of the table. */
export interface Row {
	/** What was broken on purpose: `killed before or after a call`. */
	readonly fault: string;
	/** What it was broken in: `one whole update`. */
	readonly during: string;
	/** Fault points that there are: calls, disk writes, cases. */
	readonly points: number;
	readonly trials: number;
	/** Trials with a wrong end. */
	readonly wrong: number;
	/** Milliseconds. */
	readonly recovery: { readonly median: number; readonly max: number } | null;
	/** Bytes of acknowledged state lost in all trials together. */
	readonly lost: number;
	/** What the reader should know besides; may be empty. */
	readonly note: string;
}

/** Where the rows come from. */
export interface Provenance {
	/** ISO 8601 in UTC. */
	readonly at: string;
	/** Abbreviated; ends in `+` when files differed from it. */
	readonly commit: string;
	/** What to type to run it again. */
	readonly command: string;
}

export type KeptRow = Row & Provenance & { readonly suite: string };

export type RowHead = Pick<Row, 'fault' | 'during' | 'points' | 'note'>;

/** Returns the row of these trials. */
export function rowOf(head: RowHead, trials: readonly Trial[]): Row {
	const times = trials.flatMap(({ recovery }) => (recovery === null ? [] : [recovery])).sort((a, b) => a - b);
	const median = times[Math.floor((times.length - 1) / 2)];
	return {
		...head,
		trials: trials.length,
		wrong: trials.filter(({ wrong }) => wrong.length > 0).length,
		recovery:
			median === undefined ? null : { median: Math.round(median), max: Math.round(times.at(-1) ?? median) },
		lost: trials.reduce((sum, { lost }) => sum + lost, 0),
	};
}

const REPOSITORY = join(import.meta.dirname, '../..');
const OUT = join(import.meta.dirname, 'out');

/** Keeps the rows of a suite in place of those of its last run. */
export function keepRows(suite: string, command: string, rows: readonly Row[], out = OUT): void {
	mkdirSync(out, { recursive: true });
	const from: Provenance = { at: new Date().toISOString(), commit: commitOf(REPOSITORY), command };
	writeFileSync(
		join(out, `${suite}.jsonl`),
		rows.map((row) => `${JSON.stringify({ suite, ...row, ...from })}\n`).join(''),
	);
}

/** Returns the rows of all suites, each as it was run last. */
export function keptRows(out = OUT): readonly KeptRow[] {
	mkdirSync(out, { recursive: true });
	const files = readdirSync(out).filter((name) => name.endsWith('.jsonl'));
	const lines = files.sort().flatMap((name) => readFileSync(join(out, name), 'utf8').split('\n'));
	return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as KeptRow);
}

function commitOf(repository: string): string {
	const git = (...args: readonly string[]) =>
		execFileSync('git', ['-C', repository, ...args], { encoding: 'utf8' }).trim();
	try {
		// What the harness itself writes is no difference.
		const isChanged = git('status', '--porcelain', '--', '.', ':!docs/reliability.md') !== '';
		return `${git('rev-parse', '--short', 'HEAD')}${isChanged ? '+' : ''}`;
	} catch {
		return 'unknown';
	}
}
