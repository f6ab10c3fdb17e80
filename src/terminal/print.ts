/** How results and talk look. Results are plain columns, so that a terminal and a pipe show the same. */

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

/** Prints rows of words and texts in two columns; rows without a text are left out. */
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

/** Prints an error the way it was asked for, and returns its exit code. */
export function endWithError(error: ErrorRecord, output: Output['output'], world: World): ExitCode {
	if (output === 'json') printJson(world.out, { error });
	else tellError(world.err, error);
	return exitCodeOf(error.code);
}

/** Tells what went wrong, what to do about it, and the facts that help a person: lists, and the end of what a program said. */
export function tellError(sink: Sink, error: ErrorRecord): void {
	printLine(sink, `signalbox: ${oneLine(error.message)} [${error.code}]`);
	for (const fact of Object.values(error.facts)) if (typeof fact === 'object') tellList(sink, fact);
	for (const line of lastLines(error, 5)) printLine(sink, `  | ${oneLine(line)}`);
	if (error.hint !== '') printLine(sink, `  hint: ${plain(error.hint)}`);
}

function tellList(sink: Sink, list: readonly string[]): void {
	for (const line of list.slice(0, 20)) printLine(sink, `  ${oneLine(line)}`);
	if (list.length > 20) printLine(sink, `  … and ${list.length - 20} more`);
}

/** Returns the last lines of what the failed program printed, as far as the error holds it. */
export function lastLines({ facts }: ErrorRecord, count: number): readonly string[] {
	const said = facts['output'];
	return typeof said === 'string' && said.trim() !== '' ? said.trim().split('\n').slice(-count) : [];
}

/** Texts of releases and hooks reach a terminal only without control characters. */
export function plain(text: string): string {
	return text.replace(/[\p{Cc}--[\t\n]]+/gv, ' ');
}

/** Warns that releases are not verified, wherever that is so. */
export function tellUnsigned(sink: Sink, trust: string): void {
	if (trust !== 'unsigned') return;
	printLine(
		sink,
		'WARNING: trust is "unsigned": releases are not verified. Whoever can write to the source can run anything on this box.',
	);
}

/** As plain, on one line. */
export function oneLine(text: string): string {
	return plain(text).replace(/\s+/g, ' ');
}
