/** docs/operator/troubleshooting.md explains every error code with its exit code. */
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

test('has a row for every code, in the order of the table in the code', () => {
	expect(rowsOf(table).map(([code, , , exit]) => [code, Number(exit)])).toEqual(
		Object.entries(ERRORS).map(([code, { exit }]) => [code, exit]),
	);
});

test('says for every code what it means and what to do', () => {
	expect(
		rowsOf(table)
			.filter(([, means = '', todo = '']) => means.length < 10 || todo.length < 4)
			.map(([code]) => code),
	).toEqual([]);
});

test('lists every exit code in docs/operator/exit-codes.md', () => {
	const codes = rowsOf(textOf('docs/operator/exit-codes.md')).flatMap(([code]) =>
		/^\d+$/.test(code ?? '') ? [Number(code)] : [],
	);
	expect(codes.filter((code) => code < 128)).toEqual(Object.values(EXIT));
});

test('names only existing codes in other pages', () => {
	const named = [
		'docs/operator/updates.md',
		'docs/operator/signals.md',
		'docs/operator/configuration.md',
		'docs/author/hooks.md',
	].flatMap((page) =>
		[...textOf(page).matchAll(/`([a-z]+(?:-[a-z]+)+)`/g)].map(([, code = '']) => [page, code] as const),
	);
	// Words of these pages that look like codes: states, files, users and options.
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
