/** Prints results, warnings and errors. Results are plain columns, the same on a terminal and in a pipe. */

import type { ErrorRecord } from '../model/base/error.ts';
import { type ExitCode, exitCodeOf } from '../model/base/error-codes.ts';
import type { Output } from './subcommand.ts';
import type { Sink, World } from './world.ts';

export function printLine(sink: Sink, text: string): void {
	sink.write(`${text}\n`);
}

/** Prints one JSON object on one line. */
export function printJson(sink: Sink, value: unknown): void {
	sink.write(`${JSON.stringify(value)}\n`);
}

/** Prints rows of labels and texts in two columns; omits rows without a text. */
export function printRows(
	sink: Sink,
	rows: readonly (readonly [word: string, text: string | undefined])[],
): void {
	const width = Math.max(...rows.map(([word]) => word.length)) + 2;
	for (const [word, text] of rows) if (text !== undefined) printLine(sink, `${word.padEnd(width)}${text}`);
}

/** Prints a table whose columns are as wide as their widest text. */
export function printTable(sink: Sink, rows: readonly (readonly string[])[]): void {
	const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
	for (const row of rows)
		printLine(
			sink,
			row
				.map((text, column) => text.padEnd(widths[column] ?? 0))
				.join('  ')
				.trimEnd(),
		);
}

/** Prints an error as text or JSON and returns its exit code. */
export function endWithError(error: ErrorRecord, output: Output['output'], world: World): ExitCode {
	if (output === 'json') printJson(world.out, { error });
	else printError(world.err, error);
	return exitCodeOf(error.code);
}

/** Prints what failed, what to do, and facts that help: lists, and the end of a program's output. */
export function printError(sink: Sink, error: ErrorRecord): void {
	printLine(sink, `signalbox: ${oneLine(error.message)} [${error.code}]`);
	for (const fact of Object.values(error.facts)) if (typeof fact === 'object') tellList(sink, fact);
	for (const line of lastLines(error, 5)) printLine(sink, `  | ${oneLine(line)}`);
	if (error.hint !== '') printLine(sink, `  hint: ${plain(error.hint)}`);
}

function tellList(sink: Sink, list: readonly string[]): void {
	for (const line of list.slice(0, 20)) printLine(sink, `  ${oneLine(line)}`);
	if (list.length > 20) printLine(sink, `  … and ${list.length - 20} more`);
}

/** Returns the last lines that the failed program printed, if the error has them. */
export function lastLines({ facts }: ErrorRecord, count: number): readonly string[] {
	const said = facts['output'];
	return typeof said === 'string' && said.trim() !== '' ? said.trim().split('\n').slice(-count) : [];
}

/** Removes control characters: texts of releases and hooks must not control the terminal. */
export function plain(text: string): string {
	return text.replace(/[\p{Cc}--[\t\n]]+/gv, ' ');
}

/** Warns if releases are not verified. */
export function warnUnsigned(sink: Sink, trust: string): void {
	if (trust !== 'unsigned') return;
	printLine(
		sink,
		'WARNING: trust is "unsigned": releases are not verified. Anyone who can write to the source can run any program on this box.',
	);
}

/** As plain, on one line. */
export function oneLine(text: string): string {
	return plain(text).replace(/\s+/g, ' ');
}
