/** docs/operator/troubleshooting.md explains every error code, and gives its exit code. */
import { expect, test } from 'vitest';
import { ERRORS, EXIT } from '../../src/model/base/error-codes.ts';
import { textOf } from './pages.ts';

/** Returns the cells of each row whose first cell is a code. */
function rowsOf(text: string): readonly (readonly string[])[] {
	return [...text.matchAll(/^\| `?((?!code\b)[\w-]+)`? \|(.*)\|$/gm)].map(([, first = '', rest = '']) => [
		first,
		...rest.split(/(?<!\\)\|/).map((cell) => cell.trim()),
	]);
}

const [, table = ''] = textOf('docs/operator/troubleshooting.md').split('## Every code');

test('every code has a row with its exit code, in the order of src/model/base/error-codes.ts', () => {
	expect(rowsOf(table).map(([code, , , exit]) => [code, Number(exit)])).toEqual(
		Object.entries(ERRORS).map(([code, { exit }]) => [code, exit]),
	);
});

test('every row says what it means and what to do', () => {
	expect(
		rowsOf(table)
			.filter(([, means = '', todo = '']) => means.length < 10 || todo.length < 4)
			.map(([code]) => code),
	).toEqual([]);
});

test('docs/operator/exit-codes.md has every exit code', () => {
	const codes = rowsOf(textOf('docs/operator/exit-codes.md')).flatMap(([code]) =>
		/^\d+$/.test(code ?? '') ? [Number(code)] : [],
	);
	expect(codes.filter((code) => code < 128)).toEqual(Object.values(EXIT));
});

test('the codes that other pages name are codes', () => {
	const named = [
		'docs/operator/updates.md',
		'docs/operator/signals.md',
		'docs/operator/configuration.md',
		'docs/author/hooks.md',
	].flatMap((page) =>
		[...textOf(page).matchAll(/`([a-z]+(?:-[a-z]+)+)`/g)].map(([, code = '']) => [page, code] as const),
	);
	// In these pages what is written so and is no code: a state, a command of others, a file, a word of a table.
	const others = [
		'update-in-progress',
		'timed-out',
		'export-ignore',
		'app-install-x',
		'install-x',
		'signalbox-fetcher',
	];
	expect(named.length).toBeGreaterThan(10);
	expect(named.filter(([, code]) => !Object.hasOwn(ERRORS, code) && !others.includes(code))).toEqual([]);
});
