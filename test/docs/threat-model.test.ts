/** docs/threat-model.md has a row for each threat, and each row names tests that exist. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isNamedIn } from '../attacks/mutations/mutation.ts';
import { TOP, textOf } from './pages.ts';

const PAGE = 'docs/threat-model.md';
const THREATS = 28;

interface Row {
	readonly number: number;
	readonly threat: string;
	readonly defence: string;
	readonly tests: readonly NamedTest[];
}

interface NamedTest {
	readonly file: string;
	readonly name: string;
}

/** Returns the tests of a cell: each is written “so”, after the link to its file. */
function testsIn(cell: string): readonly NamedTest[] {
	return [...cell.matchAll(/\]\(\.\.\/([^)]+)\):([^[]*)/g)].flatMap(([, file = '', names = '']) =>
		[...names.matchAll(/“([^”]+)”/g)].map(([, name = '']) => ({ file, name })),
	);
}

const rows: readonly Row[] = [...textOf(PAGE).matchAll(/^\| (\d+) \| (.*) \| (.*) \| (.*) \|$/gm)].map(
	([, number, threat = '', defence = '', tests = '']) => ({
		number: Number(number),
		threat,
		defence,
		tests: testsIn(tests),
	}),
);

/** Returns whether the name is a whole string in its file: of a test, a group of tests, or a table row. */
function exists({ file, name }: NamedTest): boolean {
	const path = join(TOP, file);
	if (!file.startsWith('test/') || !existsSync(path)) return false;
	return isNamedIn(readFileSync(path, 'utf8'), name);
}

test('lists all threats in order', () => {
	expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: THREATS }, (_, index) => index + 1));
});

describe('a row has a defence and existing tests', () => {
	test.each(rows)('$number: $threat', ({ defence, tests }) => {
		expect(defence.length).toBeGreaterThan(20);
		expect(tests.length, 'tests').toBeGreaterThan(0);
		expect(tests.filter((one) => !exists(one))).toEqual([]);
	});
});

test('does not accept a part of a name, or a name of another file', () => {
	const [name = ''] = rows[0]?.tests.map((one) => one.name) ?? [];
	const file = rows[0]?.tests[0]?.file ?? '';
	expect(exists({ file, name })).toBe(true);
	expect(exists({ file, name: name.slice(0, -1) })).toBe(false);
	expect(exists({ file: 'test/nothing.test.ts', name })).toBe(false);
	expect(exists({ file: PAGE, name })).toBe(false);
});
