/**
 * Exact traces (see trace-of.ts) of every step that fails, is interrupted or asks to be run later.
 * traces.test.ts has more.
 */
import { describe, expect, test } from 'vitest';
import { next } from '../../../src/engine/change/next.ts';
import type { JournalEntry } from '../../../src/model/change/journal.ts';
import { LIMITS, type Luck, PLAN, run } from './simulated-change.ts';
import { traceOf } from './trace-of.ts';

const HOOKS = ['00-run.sh', '01-run.sh', '02-run.sh', '03-run.sh'];

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

test('does every step of a change once, in order', () => {
	expect(traceOf(run('update', HOOKS, []))).toBe(words(ALL, '=', 'committed'));
});

test('backs up the installed release before a rollback by hand', () => {
	expect(traceOf(run('rollback', [], []))).toBe(
		'reserve handover backup restore switch restart probe commit clean = committed',
	);
});

test('installs a release with its one unnumbered hook', () => {
	expect(traceOf(run('update', ['bootstrap-run.sh'], []))).toBe(
		words(BEFORE, 'bootstrap switch probe commit clean = committed'),
	);
});

describe('a step that fails', () => {
	test.each(BEFORE.map((step, index) => [step, index] as const))(
		'%s, before R: the change is dropped',
		(step, index) => {
			const expected = words(ALL.slice(0, index), `${step}!`, undoneBeforeR[step] ?? '', '= dropped');
			expect(traceOf(run('update', HOOKS, lucky(index, 'fails')))).toBe(expected);
		},
	);

	test.each(BETWEEN.map((step, index) => [step, index + BEFORE.length] as const))(
		'%s, between R and C: the change is rolled back',
		(step, index) => {
			const expected = words(ALL.slice(0, index), `${step}!`, '-backup -handover -stage = rolled-back');
			expect(traceOf(run('update', HOOKS, lucky(index, 'fails')))).toBe(expected);
		},
	);

	test.each(AFTER.map((step, index) => [step, index + 12] as const))(
		'%s, after C: the step is tried again and never undone',
		(step, index) => {
			expect(traceOf(run('update', HOOKS, lucky(index, 'fails')))).toBe(
				words(ALL.slice(0, index), `${step}!`, ALL.slice(index), '= committed'),
			);
			const thrice = run('update', HOOKS, lucky(index, 'fails', 'fails', 'fails'));
			expect(traceOf(thrice)).toBe(
				words(ALL.slice(0, index), `${step}! ${step}! ${step}!`, ALL.slice(index + 1), '= committed'),
			);
			expect(thrice.outcome).toMatchObject({ warnings: [{ code: 'hook-failed' }] });
		},
	);
});

describe('a step that is interrupted', () => {
	test.each(BEFORE.map((step, index) => [step, index] as const))(
		'%s, before R: the step is repeated',
		(step, index) => {
			const expected = words(ALL.slice(0, index), `${step}~`, ALL.slice(index), '= committed');
			expect(traceOf(run('update', HOOKS, lucky(index, 'cut-in-the-middle')))).toBe(expected);
		},
	);

	test.each(BEFORE.map((step, index) => [step, index] as const))(
		'%s, before R: the change is dropped after too many interruptions',
		(step, index) => {
			const cuts = Array.from({ length: LIMITS.cuts + 1 }, (): Luck => 'cut-before');
			const expected = words(
				ALL.slice(0, index),
				cuts.map(() => `${step}~`),
				undoneBeforeR[step] ?? '',
				'= dropped',
			);
			expect(traceOf(run('update', HOOKS, lucky(index, ...cuts)))).toBe(expected);
		},
	);

	test.each(BETWEEN.map((step, index) => [step, index + BEFORE.length] as const))(
		'%s, between R and C: the change is rolled back',
		(step, index) => {
			const expected = words(ALL.slice(0, index), `${step}~`, '-backup -handover -stage = rolled-back');
			expect(traceOf(run('update', HOOKS, lucky(index, 'cut-after')))).toBe(expected);
		},
	);

	test.each(AFTER.map((step, index) => [step, index + 12] as const))(
		'%s, after C: the step is repeated',
		(step, index) => {
			expect(traceOf(run('update', HOOKS, lucky(index, 'cut-in-the-middle')))).toBe(
				words(ALL.slice(0, index), `${step}~`, ALL.slice(index), '= committed'),
			);
		},
	);
});

describe('a release that takes the machine down each time', () => {
	const times = (count: number, word: string) => Array.from({ length: count }, () => word);

	test('in a hook after C: the change is committed with a warning', () => {
		const begun = LIMITS.finishTries + LIMITS.cuts;
		const cuts = Array.from({ length: 100 }, (): Luck => 'cut-before');
		const ended = run('update', HOOKS, [...lucky(12), ...cuts.slice(0, begun)]);
		expect(traceOf(ended)).toBe(words(ALL.slice(0, 12), times(begun, '03~'), 'clean = committed'));
		expect(ended.outcome).toMatchObject({
			warnings: [{ code: 'interrupted', facts: { step: 'hook:03-run.sh', attempts: begun } }],
		});
	});

	test('during a rollback: the change ends and needs attention', () => {
		const cuts = Array.from({ length: 100 }, (): Luck => 'cut-before');
		const ended = run('update', HOOKS, [...lucky(7, 'fails', 'well'), ...cuts]);
		expect(traceOf(ended)).toBe(
			words(BEFORE, '00 01! -backup', times(LIMITS.undoCuts, '-handover~'), '= needs-attention'),
		);
		expect(ended.outcome).toMatchObject({
			cause: { code: 'hook-failed' },
			rollback: { code: 'interrupted' },
		});
	});
});

describe('a rollback with problems', () => {
	const back = lucky(7, 'fails');
	const upTo01 = words(BEFORE, '00 01!');
	test.each([
		[
			'cut while the files are put back',
			['cut-in-the-middle'],
			'-backup~ -backup -handover -stage = rolled-back',
		],
		['files put back at the second try', ['fails'], '-backup! -backup -handover -stage = rolled-back'],
		['files not put back', ['fails', 'fails'], '-backup! -backup! = needs-attention'],
		[
			'cut while the old release is started',
			['well', 'cut-before'],
			'-backup -handover~ -handover -stage = rolled-back',
		],
		[
			'the old release does not start',
			['well', 'fails', 'fails'],
			'-backup -handover! -handover! = needs-attention',
		],
		[
			'staging that cannot be removed',
			['well', 'well', 'fails', 'fails'],
			'-backup -handover -stage! -stage! = rolled-back',
		],
	] as const)('%s', (_what, luck, expected) => {
		// The first seven effects go well: six steps and hook 00.
		expect(traceOf(run('update', HOOKS, [...back, ...luck]))).toBe(words(upTo01, expected));
	});
});

describe('a rollback by hand', () => {
	// Read them: each line is the whole trace of a change that meets this at its first step with a mark.
	test.each([
		['fails', 'reserve! = dropped'],
		['fails', 'reserve handover! = dropped'],
		['fails', 'reserve handover backup! -backup = dropped'],
		['fails', 'reserve handover backup restore! -backup -handover = rolled-back'],
		['fails', 'reserve handover backup restore switch! -backup -handover = rolled-back'],
		['fails', 'reserve handover backup restore switch restart! -backup -handover = rolled-back'],
		['fails', 'reserve handover backup restore switch restart probe! -backup -handover = rolled-back'],
		['fails', 'reserve handover backup restore switch restart probe commit! -backup -handover = rolled-back'],
		['fails', 'reserve handover backup restore switch restart probe commit clean! clean = committed'],
		[
			'cut-in-the-middle',
			'reserve~ reserve handover backup restore switch restart probe commit clean = committed',
		],
		[
			'cut-in-the-middle',
			'reserve handover~ handover backup restore switch restart probe commit clean = committed',
		],
		[
			'cut-in-the-middle',
			'reserve handover backup~ backup restore switch restart probe commit clean = committed',
		],
		['cut-in-the-middle', 'reserve handover backup restore~ -backup -handover = rolled-back'],
		['cut-in-the-middle', 'reserve handover backup restore switch~ -backup -handover = rolled-back'],
		['cut-in-the-middle', 'reserve handover backup restore switch restart~ -backup -handover = rolled-back'],
		[
			'cut-in-the-middle',
			'reserve handover backup restore switch restart probe~ -backup -handover = rolled-back',
		],
		[
			'cut-in-the-middle',
			'reserve handover backup restore switch restart probe commit~ -backup -handover = rolled-back',
		],
		[
			'cut-in-the-middle',
			'reserve handover backup restore switch restart probe commit clean~ clean = committed',
		],
	] as const)('%s: %s', (luck, expected) => {
		const at = expected.split(' ').findIndex((word) => /[!~]$/.test(word));
		expect(traceOf(run('rollback', [], lucky(at, luck)))).toBe(expected);
	});
});

describe('a hook that asks to be run later', () => {
	test('runs again, and the change continues', () => {
		expect(traceOf(run('update', HOOKS, lucky(6, 'later', 'later')))).toBe(
			words(BEFORE, '00? 00? 00', BETWEEN.slice(1), AFTER, '= committed'),
		);
	});

	test('rolls back a change whose hook never stops asking', () => {
		const asks = Array.from({ length: LIMITS.laterTries + 1 }, (): Luck => 'later');
		expect(traceOf(run('update', HOOKS, lucky(6, ...asks)))).toBe(
			words(BEFORE, '00? 00? 00? 00? -backup -handover -stage = rolled-back'),
		);
	});

	test.each([-86_400_000, 0, 86_400_000])(
		'waits by the monotonic clock when the wall clock jumped by %s ms',
		(jump) => {
			const { journal } = run('update', HOOKS, lucky(6, 'later'));
			const asked = journal.findIndex((entry) => entry.event === 'failed');
			const open = journal.slice(0, asked + 1).map((entry) => ({ ...entry, at: entry.at + jump }));
			expect(next(open, 0, LIMITS, PLAN)).toMatchObject({ kind: 'wait', milliseconds: LIMITS.pause });
			expect(next(open, 400, LIMITS, PLAN)).toMatchObject({ kind: 'wait', milliseconds: LIMITS.pause - 400 });
			expect(next(open, LIMITS.pause, LIMITS, PLAN)).toMatchObject({ kind: 'do', attempt: 2 });
		},
	);
});

describe('a release that asks for a reboot', () => {
	/** The effects before the reboot are those of INSTALLED; it is asked for by the next one. */
	const INSTALLED = [...BEFORE, '00', '01', 'switch'];
	const REST = ['02', 'probe', 'commit', ...AFTER];
	const BACK = '-backup -handover -stage = rolled-back';
	const trace = (...luck: readonly Luck[]) =>
		traceOf(run('update', HOOKS, lucky(INSTALLED.length, ...luck), 'after-01'));
	const asked = (count: number, luck: Luck) => Array.from({ length: count }, () => luck);

	test.each<[string, readonly Luck[], string]>([
		['runs 02 in the next boot', ['well'], words('reboot', REST, '= committed')],
		[
			'a power cut before the reboot was requested counts as the reboot',
			['power-cut'],
			words('reboot', REST, '= committed'),
		],
		[
			'requests it again when the updater is killed in the same boot',
			['cut-before', 'well'],
			words('reboot~ reboot', REST, '= committed'),
		],
		[
			'requests it again when the machine does not go down in time',
			['later', 'well'],
			words('reboot? reboot', REST, '= committed'),
		],
		[
			'both, then the machine goes down',
			['later', 'cut-after', 'well'],
			words('reboot? reboot~ reboot', REST, '= committed'),
		],
		['the machine never goes down', asked(3, 'later'), `reboot? reboot? reboot? ${BACK}`],
		['the updater is killed each time', asked(3, 'cut-in-the-middle'), `reboot~ reboot~ reboot~ ${BACK}`],
		['a mixture of both', ['later', 'cut-before', 'later'], `reboot? reboot~ reboot? ${BACK}`],
		['the reboot command fails', ['fails'], `reboot! ${BACK}`],
		['02 is interrupted after the expected reboot', ['well', 'power-cut'], `reboot 02~ ${BACK}`],
		['02 is killed in the new boot', ['well', 'cut-before'], `reboot 02~ ${BACK}`],
		['02 fails after it', ['well', 'fails'], `reboot 02! ${BACK}`],
		['the probes are interrupted', ['well', 'well', 'cut-in-the-middle'], `reboot 02 probe~ ${BACK}`],
		['the commit is interrupted', ['well', 'well', 'well', 'power-cut'], `reboot 02 probe commit~ ${BACK}`],
		[
			'03 is interrupted, after C',
			['well', 'well', 'well', 'well', 'power-cut'],
			words('reboot 02 probe commit 03~', AFTER, '= committed'),
		],
	])('%s', (_what, luck, expected) => {
		expect(trace(...luck)).toBe(words(INSTALLED, expected));
	});

	test.each(INSTALLED.slice(6).map((step, index) => [step, index + 6] as const))(
		'%s interrupted before the reboot is requested: rolled back',
		(step, index) => {
			const ended = run('update', HOOKS, lucky(index, 'power-cut'), 'after-01');
			expect(traceOf(ended)).toBe(words(INSTALLED.slice(0, index), `${step}~`, BACK));
		},
	);

	test('reports a machine that never went down', () => {
		const tries = { facts: { tries: LIMITS.rebootTries } };
		const killed = run('update', HOOKS, lucky(INSTALLED.length, ...asked(3, 'cut-before')), 'after-01');
		expect(killed.outcome).toMatchObject({ kind: 'rolled-back', cause: { code: 'reboot-failed', ...tries } });
		const late = run('update', HOOKS, lucky(INSTALLED.length, ...asked(3, 'later')), 'after-01');
		expect(late.outcome).toMatchObject({ kind: 'rolled-back', cause: { code: 'hook-failed' } });
	});

	test('accepts a reboot that happens in the pause between two tries', () => {
		const { journal } = run('update', HOOKS, lucky(INSTALLED.length, 'later', 'later'), 'after-01');
		const second = journal.findLastIndex((entry) => entry.event === 'failed');
		const resumed = (boot: string): JournalEntry => ({ event: 'resumed', boot, seq: second + 2, at: 0 });
		expect(next([...journal.slice(0, second + 1), resumed('boot 2')], 0, LIMITS, PLAN)).toMatchObject({
			step: { subject: '02-run.sh' },
		});
		expect(next([...journal.slice(0, second + 1), resumed('boot 1')], 0, LIMITS, PLAN)).toMatchObject({
			step: { kind: 'reboot' },
			attempt: 3,
		});
	});

	test('rolls back on a second interruption before the first step of the new boot', () => {
		const { journal } = run('update', HOOKS, lucky(INSTALLED.length, 'well'), 'after-01');
		const up = journal.findIndex((entry) => entry.event === 'resumed');
		const cut: JournalEntry = { event: 'resumed', boot: 'boot 2', seq: up + 2, at: 0 };
		expect(next([...journal.slice(0, up + 1), cut], 0, LIMITS, PLAN)).toMatchObject({
			kind: 'undo',
			step: { kind: 'backup' },
		});
	});

	test('requests no reboot for a rollback by hand', () => {
		expect(traceOf(run('rollback', [], [], 'after-01'))).not.toContain('reboot');
	});
});

test.each([
	['no facts at all', 0],
	['a closed change', undefined],
] as const)('%s: nothing to do', (_what, end) => {
	expect(next(run('update', HOOKS, []).journal.slice(0, end), 0, LIMITS, PLAN)).toEqual({ kind: 'nothing' });
});
