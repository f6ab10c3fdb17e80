/** The mutations are of today's code, and every threat has one. Whether each is noticed is told by `npm run mutations`. */
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
	expect(mutant).toMatchObject({ kind: 'mutant' });
	if (mutant.kind === 'mutant') expect(() => stripTypeScriptTypes(mutant.source)).not.toThrow();
	expect(mutation.file).toMatch(/^src\//);
	expect(mutation.test).toMatch(/\.test\.ts$/);
	expect(isNamedIn(textOf(mutation.namedIn ?? mutation.test), mutation.name), mutation.name).toBe(true);
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
	const keys = MUTATIONS.map(({ file, line, instead, name }) => [file, line, instead, name].join('\n'));
	expect(new Set(keys).size).toBe(keys.length);
});

test('the page tells of all of them: `npm run mutations -- table` writes it', () => {
	const page = textOf('test/attacks/README.md');
	expect(withTable(page)).toBe(page);
});

const some: Mutation = { threat: 1, defence: '', file: '', line: 'no();', instead: '', test: '', name: '' };

test.each([
	['once', 'a(); no(); b();', { kind: 'mutant', source: 'a();  b();' }],
	['not', 'a();', { kind: 'stale', why: 'its line is not there' }],
	['twice', 'no(); no();', { kind: 'stale', why: 'its line is there 2 times' }],
])('a line that is there %s', (_what, source, expected) => {
	expect(applied(source, some)).toEqual(expected);
});

test('what is put in its place is taken as it is written', () => {
	expect(applied('no();', { ...some, instead: '$&$1' })).toEqual({ kind: 'mutant', source: '$&$1' });
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
