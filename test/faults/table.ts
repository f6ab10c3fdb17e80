/**
 * The table of docs/reliability.md: written between two marks, from the rows of the last run of each suite.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import type { KeptRow } from './result.ts';

const BEGIN = '<!-- written by npm run faults: begin -->';
const END = '<!-- written by npm run faults: end -->';

/** Puts the table of these rows into the page, in the place of the one that stands there. */
export function writeTable(page: string, rows: readonly KeptRow[]): void {
	const text = readFileSync(page, 'utf8');
	const [from, to] = [text.indexOf(BEGIN), text.indexOf(END)];
	if (from === -1 || to < from) throw new Error(`${page} has no place for the table: ${BEGIN} … ${END}`);
	writeFileSync(page, `${text.slice(0, from + BEGIN.length)}\n${tableOf(rows)}\n${text.slice(to)}`);
}

/** Returns the table as Markdown, followed by a list of the runs it comes from. */
export function tableOf(rows: readonly KeptRow[]): string {
	const head = [
		'fault',
		'during',
		'points',
		'trials',
		'wrong ends',
		'recovery, median',
		'max',
		'bytes lost',
		'note',
	];
	const total = (key: 'trials' | 'wrong' | 'lost') => String(rows.reduce((sum, row) => sum + row[key], 0));
	const sums = ['**all**', '', '', total('trials'), total('wrong'), '', '', total('lost'), ''];
	const table = [
		head,
		head.map((_, index) => (index >= 2 && index <= 7 ? '--:' : '---')),
		...rows.map(cellsOf),
		sums,
	];
	return [...table.map((cells) => `| ${cells.join(' | ')} |`), '', ...runsOf(rows)].join('\n');
}

function cellsOf(row: KeptRow): readonly string[] {
	const { median, max } = row.recovery ?? {};
	const numbers = [row.points, row.trials, row.wrong].map(String);
	return [row.fault, row.during, ...numbers, seconds(median), seconds(max), String(row.lost), row.note].map(
		(cell) => cell.replaceAll('|', '\\|'),
	);
}

function seconds(milliseconds: number | undefined): string {
	return milliseconds === undefined ? '–' : `${(milliseconds / 1000).toFixed(1)} s`;
}

function runsOf(rows: readonly KeptRow[]): readonly string[] {
	const runs = rows.map(
		({ suite, command, at, commit }) => `- ${suite}: \`${command}\`, ${at.slice(0, 10)}, commit ${commit}`,
	);
	return [...new Set(runs)];
}
