/** docs/threat-model.md has a row for each threat, and each row names tests that are there. */
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

/** Each test is written “so”, behind the link to its file. */
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

/** A name stands in its file as a whole text: of a test, of a group of tests, or of a row of a table. */
function isThere({ file, name }: NamedTest): boolean {
	const path = join(TOP, file);
	if (!file.startsWith('test/') || !existsSync(path)) return false;
	return isNamedIn(readFileSync(path, 'utf8'), name);
}

test('all threats are there, in order', () => {
	expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: THREATS }, (_, index) => index + 1));
});

describe('a row', () => {
	test.each(rows)('$number: $threat', ({ defence, tests }) => {
		expect(defence.length).toBeGreaterThan(20);
		expect(tests.length, 'tests').toBeGreaterThan(0);
		expect(tests.filter((one) => !isThere(one))).toEqual([]);
	});
});

test('a name that is only a part of one, or of another file, is not there', () => {
	const [name = ''] = rows[0]?.tests.map((one) => one.name) ?? [];
	const file = rows[0]?.tests[0]?.file ?? '';
	expect(isThere({ file, name })).toBe(true);
	expect(isThere({ file, name: name.slice(0, -1) })).toBe(false);
	expect(isThere({ file: 'test/nothing.test.ts', name })).toBe(false);
	expect(isThere({ file: PAGE, name })).toBe(false);
});
