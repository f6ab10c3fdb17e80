/**
 * Exact traces. A trace is what the journal says, in order:
 *
 *     fetch      done            fetch!   failed          fetch?   asked to be run later
 *     fetch~     cut in the middle of it  -stage  undone   -stage!  undoing failed       -stage~  undoing was cut
 *     = outcome
 */
import { describe, expect, test } from 'vitest';
import { next } from '../../src/engine/next.ts';
import type { JournalEntry } from '../../src/model/journal.ts';
import { LIMITS, type Luck, type Run, run } from './simulated-change.ts';

const HOOKS = ['00-run.sh', '01-run.sh', '02-run.sh', '03-run.sh'];

const ENDINGS = { done: '', failed: '!', undone: '', 'undo-failed': '!' } as const;

function short(step: string): string {
	return step.replace('hook:', '').replace('-run.sh', '');
}

function traceOf({ journal, outcome }: Run): string {
	const words: string[] = [];
	for (const [index, entry] of journal.entries()) {
		if (entry.event !== 'doing' && entry.event !== 'undoing') continue;
		const after = journal[index + 1];
		words.push(`${entry.event === 'undoing' ? '-' : ''}${short(entry.step)}${endingOf(after)}`);
	}
	return `${words.join(' ')} = ${outcome.kind}`;
}

function endingOf(after: JournalEntry | undefined): string {
	if (after?.event === 'failed' && after.again === 'later') return '?';
	return after !== undefined && after.event in ENDINGS ? ENDINGS[after.event as keyof typeof ENDINGS] : '~';
}

function lucky(count: number, ...then: readonly Luck[]): Luck[] {
	return [...Array.from({ length: count }, (): Luck => 'well'), ...then];
}

const BEFORE = ['reserve', 'fetch', 'stage', 'inspect', 'handover', 'backup'];
const BETWEEN = ['00', '01', 'switch', '02', 'probe', 'commit'];
const AFTER = ['03', 'clean'];
const ALL = [...BEFORE, ...BETWEEN, ...AFTER];

const undoneBeforeR: Readonly<Record<string, string>> = {
	reserve: '',
	fetch: '',
	stage: '-stage',
	inspect: '-stage',
	handover: '-stage',
	backup: '-backup -stage',
};

function words(...parts: readonly (string | readonly string[])[]): string {
	return parts
		.flat()
		.filter((part) => part !== '')
		.join(' ');
}

test('a good change does every step once, in order', () => {
	expect(traceOf(run('update', HOOKS, []))).toBe(words(ALL, '=', 'committed'));
});

test('a rollback by hand keeps what it replaces first', () => {
	expect(traceOf(run('rollback', [], []))).toBe('reserve handover backup restore switch restart probe commit clean = committed');
});

test('a release with one unnumbered hook is installed by it', () => {
	expect(traceOf(run('update', ['bootstrap-run.sh'], []))).toBe(words(BEFORE, 'bootstrap switch probe commit clean = committed'));
});

describe('a step that fails', () => {
	test.each(BEFORE.map((step, index) => [step, index] as const))('%s, before R: what was begun is dropped', (step, index) => {
		const expected = words(ALL.slice(0, index), `${step}!`, undoneBeforeR[step] ?? '', '= dropped');
		expect(traceOf(run('update', HOOKS, lucky(index, 'fails')))).toBe(expected);
	});

	test.each(BETWEEN.map((step, index) => [step, index + BEFORE.length] as const))(
		'%s, between R and C: all is rolled back',
		(step, index) => {
			const expected = words(ALL.slice(0, index), `${step}!`, '-backup -handover -stage = rolled-back');
			expect(traceOf(run('update', HOOKS, lucky(index, 'fails')))).toBe(expected);
		},
	);

	test.each(AFTER.map((step, index) => [step, index + 12] as const))('%s, after C: it is tried again and never undone', (step, index) => {
		expect(traceOf(run('update', HOOKS, lucky(index, 'fails')))).toBe(
			words(ALL.slice(0, index), `${step}!`, ALL.slice(index), '= committed'),
		);
		const thrice = run('update', HOOKS, lucky(index, 'fails', 'fails', 'fails'));
		expect(traceOf(thrice)).toBe(words(ALL.slice(0, index), `${step}! ${step}! ${step}!`, ALL.slice(index + 1), '= committed'));
		expect(thrice.outcome).toMatchObject({ warnings: [{ code: 'hook-failed' }] });
	});
});

describe('a step that is cut', () => {
	test.each(BEFORE.map((step, index) => [step, index] as const))('%s, before R: it is done again', (step, index) => {
		const expected = words(ALL.slice(0, index), `${step}~`, ALL.slice(index), '= committed');
		expect(traceOf(run('update', HOOKS, lucky(index, 'cut-in-the-middle')))).toBe(expected);
	});

	test.each(BEFORE.map((step, index) => [step, index] as const))('%s, before R: after too many cuts it is dropped', (step, index) => {
		const cuts = Array.from({ length: LIMITS.cuts + 1 }, (): Luck => 'cut-before');
		const expected = words(
			ALL.slice(0, index),
			cuts.map(() => `${step}~`),
			undoneBeforeR[step] ?? '',
			'= dropped',
		);
		expect(traceOf(run('update', HOOKS, lucky(index, ...cuts)))).toBe(expected);
	});

	test.each(BETWEEN.map((step, index) => [step, index + BEFORE.length] as const))(
		'%s, between R and C: all is rolled back',
		(step, index) => {
			const expected = words(ALL.slice(0, index), `${step}~`, '-backup -handover -stage = rolled-back');
			expect(traceOf(run('update', HOOKS, lucky(index, 'cut-after')))).toBe(expected);
		},
	);

	test.each(AFTER.map((step, index) => [step, index + 12] as const))('%s, after C: it is done again', (step, index) => {
		expect(traceOf(run('update', HOOKS, lucky(index, 'cut-in-the-middle')))).toBe(
			words(ALL.slice(0, index), `${step}~`, ALL.slice(index), '= committed'),
		);
	});
});

describe('a release that takes the machine down each time', () => {
	const times = (count: number, word: string) => Array.from({ length: count }, () => word);

	test('in a hook after C: the change is committed all the same, with a warning', () => {
		const begun = LIMITS.finishTries + LIMITS.cuts;
		const cuts = Array.from({ length: 100 }, (): Luck => 'cut-before');
		const ended = run('update', HOOKS, [...lucky(12), ...cuts.slice(0, begun)]);
		expect(traceOf(ended)).toBe(words(ALL.slice(0, 12), times(begun, '03~'), 'clean = committed'));
		expect(ended.outcome).toMatchObject({ warnings: [{ code: 'interrupted', facts: { step: 'hook:03-run.sh', attempts: begun } }] });
	});

	test('on the way back: it ends, and the operator is asked', () => {
		const cuts = Array.from({ length: 100 }, (): Luck => 'cut-before');
		const ended = run('update', HOOKS, [...lucky(7, 'fails', 'well'), ...cuts]);
		expect(traceOf(ended)).toBe(words(BEFORE, '00 01! -backup', times(LIMITS.undoCuts, '-handover~'), '= needs-attention'));
		expect(ended.outcome).toMatchObject({ cause: { code: 'hook-failed' }, rollback: { code: 'interrupted' } });
	});
});

describe('trouble on the way back', () => {
	const back = lucky(7, 'fails');
	const upTo01 = words(BEFORE, '00 01!');
	test.each([
		['cut while the files are put back', ['cut-in-the-middle'], '-backup~ -backup -handover -stage = rolled-back'],
		['files put back at the second try', ['fails'], '-backup! -backup -handover -stage = rolled-back'],
		['files not put back', ['fails', 'fails'], '-backup! -backup! = needs-attention'],
		['cut while the old release is started', ['well', 'cut-before'], '-backup -handover~ -handover -stage = rolled-back'],
		['the old release does not start', ['well', 'fails', 'fails'], '-backup -handover! -handover! = needs-attention'],
		['staging that cannot be removed', ['well', 'well', 'fails', 'fails'], '-backup -handover -stage! -stage! = rolled-back'],
	] as const)('%s', (_what, luck, expected) => {
		// The first seven effects go well: six steps and hook 00.
		expect(traceOf(run('update', HOOKS, [...back, ...luck]))).toBe(words(upTo01, expected));
	});
});

describe('a hook that asks to be run later', () => {
	test('is run again, and the change goes on', () => {
		expect(traceOf(run('update', HOOKS, lucky(6, 'later', 'later')))).toBe(
			words(BEFORE, '00? 00? 00', BETWEEN.slice(1), AFTER, '= committed'),
		);
	});

	test('and never stops asking: all is rolled back', () => {
		const asks = Array.from({ length: LIMITS.laterTries + 1 }, (): Luck => 'later');
		expect(traceOf(run('update', HOOKS, lucky(6, ...asks)))).toBe(words(BEFORE, '00? 00? 00? 00? -backup -handover -stage = rolled-back'));
	});

	test.each([-86_400_000, 0, 86_400_000])('is waited for by the clock that only grows, when the other one jumped by %s ms', (jump) => {
		const { journal } = run('update', HOOKS, lucky(6, 'later'));
		const asked = journal.findIndex((entry) => entry.event === 'failed');
		const open = journal.slice(0, asked + 1).map((entry) => ({ ...entry, at: entry.at + jump }));
		expect(next(open, 0, LIMITS)).toMatchObject({ kind: 'wait', milliseconds: LIMITS.pause });
		expect(next(open, 400, LIMITS)).toMatchObject({ kind: 'wait', milliseconds: LIMITS.pause - 400 });
		expect(next(open, LIMITS.pause, LIMITS)).toMatchObject({ kind: 'do', attempt: 2 });
	});
});

test.each([
	['no facts at all', 0],
	['a closed change', undefined],
] as const)('%s: nothing to do', (_what, end) => {
	expect(next(run('update', HOOKS, []).journal.slice(0, end), 0, LIMITS)).toEqual({ kind: 'nothing' });
});
