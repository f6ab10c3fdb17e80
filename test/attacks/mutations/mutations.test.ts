/**
 * The mutations are of today's code, and every threat has one. Whether each is noticed is told by
 * `npm run mutations`.
 */
import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type RunEnd, TOP } from './checkout.ts';
import { verdictOn } from './judge.ts';
import { applied, isNamedIn, type Mutation, patternOf } from './mutation.ts';
import { BEYOND_CODE, GRAVE, MUTATIONS } from './mutations.ts';
import { withTable } from './page.ts';

const THREATS = 28;
const textOf = (file: string) => readFileSync(join(TOP, file), 'utf8');

test.each(MUTATIONS)('$threat: $defence', (mutation) => {
	const mutant = applied(textOf(mutation.file), mutation);
	if (mutant.kind === 'stale') expect.fail(mutant.why);
	expect(() => stripTypeScriptTypes(mutant.source), mutant.source).not.toThrow();
	expect(mutation.file).toMatch(/^src\//);
	expect(mutation.test).toMatch(/\.test\.ts$/);
	const rows = mutation.namedIn ?? mutation.test;
	expect(isNamedIn(textOf(rows), mutation.name), `${rows} names a test ‘${mutation.name}’`).toBe(true);
});

test('every threat has one, the grave ones two', () => {
	const counted = (threat: number) => MUTATIONS.filter((mutation) => mutation.threat === threat).length;
	const threats = Array.from({ length: THREATS }, (_, index) => index + 1);
	expect(threats.filter((threat) => counted(threat) === 0)).toEqual([]);
	expect(GRAVE.filter((threat) => counted(threat) < 2)).toEqual([]);
	expect(MUTATIONS.filter(({ threat }) => !threats.includes(threat))).toEqual([]);
	expect(Object.keys(BEYOND_CODE).filter((threat) => !threats.includes(Number(threat)))).toEqual([]);
});

test('no two are the same', () => {
	const keys = MUTATIONS.map(({ file, within, code, instead, name }) =>
		[file, within, code, instead, name].join('\n'),
	);
	expect(new Set(keys).size).toBe(keys.length);
});

test('the README lists every mutation', () => {
	const page = textOf('test/attacks/README.md');
	expect(withTable(page), 'out of date: run `npm run mutations -- table`').toBe(page);
});

const some: Mutation = {
	threat: 1,
	defence: '',
	file: 'src/a.ts',
	within: 'f',
	code: 'no();',
	instead: '',
	test: '',
	name: '',
};

test('replaces the expression in the declaration that is named, and nowhere else', () => {
	const source = 'function f() {\n\ta(); no(); b();\n}\nfunction g() {\n\tno();\n}\n';
	expect(applied(source, some)).toEqual({ kind: 'mutant', source: source.replace('no();', '') });
});

test('inserts the replacement literally', () => {
	const mutant = applied('function f() {\n\tno();\n}\n', { ...some, instead: '$&$1' });
	expect(mutant).toEqual({ kind: 'mutant', source: 'function f() {\n\t$&$1\n}\n' });
});

test.each([
	['the declaration is gone', 'function g() {\n\tno();\n}', 'src/a.ts declares f no longer'],
	['two declarations have the name', 'function f() {}\nfunction f() {}', 'src/a.ts declares f 2 times'],
	['the expression is gone', 'function f() {\n\ta();\n}', 'f in src/a.ts holds `no();` no longer'],
	['the expression occurs twice', 'function f() {\n\tno(); no();\n}', 'f in src/a.ts holds `no();` 2 times'],
])('is stale, and says where, if %s', (_what, source, why) => {
	expect(applied(source, some)).toEqual({ kind: 'stale', why });
});

test('a name finds its test whatever stands in it', () => {
	expect('group a (b) $c was 5 that').toMatch(new RegExp(patternOf('a (b) $c was %s that')));
	expect('group ab').not.toMatch(new RegExp(patternOf('a.b')));
});

describe('the verdict', () => {
	const ran = (...tests: readonly (readonly [name: string, passed: boolean, said?: string])[]): RunEnd => ({
		kind: 'ran',
		tests: tests.map(([name, passed, said = '']) => ({ name, passed, said })),
	});
	const good = ran(['group it holds', true], ['group another', true]);

	test.each<[string, RunEnd, RunEnd, string | undefined]>([
		[
			'it fails without the defence',
			good,
			ran(['group it holds', false, 'AssertionError: expected 1 to be 2']),
			undefined,
		],
		['it is stuck without the defence', good, { kind: 'too-long' }, undefined],
		['it passes without the defence', good, good, 'the test passes without it'],
		[
			'another one fails',
			good,
			ran(['group it holds', true], ['group another', false]),
			'the test passes without it',
		],
		[
			'it failed before',
			ran(['group it holds', false]),
			ran(['group it holds', false]),
			'the test fails with the defence too',
		],
		['there is none', ran(['group another', true]), good, 'no test of that name ran'],
		['it did not load before', { kind: 'not-loaded', said: '' }, good, 'no test of that name ran'],
		[
			'it does not load now',
			good,
			{ kind: 'not-loaded', said: '' },
			'the test could not be loaded without it',
		],
		[
			'the program is broken',
			good,
			ran(['group it holds', false, 'ReferenceError: x is not defined']),
			'without it the program cannot begin',
		],
	])('%s', (_what, unchanged, mutated, why) => {
		expect(verdictOn('it holds', unchanged, mutated)).toEqual(
			why === undefined ? { kind: 'caught' } : { kind: 'survived', why },
		);
	});
});
