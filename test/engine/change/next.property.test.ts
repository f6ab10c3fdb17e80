/**
 * The journal loop with failures and interruptions at any point: a closed change leaves the whole new release
 * or the whole old one, and says which.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ChangeKind } from '../../../src/model/change/change.ts';
import { rounds } from '../../fuzz.ts';
import { LIMITS, type Luck, NEW, OLD, type RebootTerm, type Run, run } from './simulated-change.ts';

const HOOKS = ['00-run.sh', '01-run.sh', '02-run.sh', '03-run.sh', 'bootstrap-run.sh'];

const lucks = fc.array(
	fc.oneof(
		{ weight: 6, arbitrary: fc.constant<Luck>('well') },
		{
			weight: 3,
			arbitrary: fc.constantFrom<Luck>(
				'fails',
				'later',
				'cut-before',
				'cut-in-the-middle',
				'cut-after',
				'power-cut',
			),
		},
	),
	{ maxLength: 60 },
);
const hookSets = fc.subarray(HOOKS, { minLength: 1 });
const reboots = fc.constantFrom<RebootTerm>('never', 'after-01');
const kinds = fc.constantFrom<ChangeKind>('update', 'rollback');

function expectWhole({ world, outcome }: Run, hooks: readonly string[], kind: ChangeKind): void {
	const installs = kind === 'rollback' || hooks.some((hook) => !(Number.parseInt(hook, 10) >= 2));
	switch (outcome.kind) {
		case 'committed':
			expect(outcome.version).toBe(NEW);
			expect(world).toMatchObject(
				installs ? { files: 'new', services: 'new' } : { files: 'old', services: 'old' },
			);
			return;
		case 'dropped':
		case 'rolled-back':
			expect(outcome.version).toBe(OLD);
			expect(world).toMatchObject({ files: 'old', services: 'old' });
			return;
		case 'needs-attention':
			expect(world.backup, 'the backup is kept').toBe('sealed');
			return;
	}
}

test('leaves a closed change with either the whole new release or the whole old one', () => {
	fc.assert(
		fc.property(kinds, hookSets, lucks, reboots, (kind, hooks, luck, reboot) => {
			expectWhole(run(kind, hooks, luck, reboot), hooks, kind);
		}),
		rounds(5000),
	);
});

test('needs attention only after undoing failed twice or was interrupted too often', () => {
	fc.assert(
		fc.property(kinds, hookSets, lucks, reboots, (kind, hooks, luck, reboot) => {
			const { outcome, journal } = run(kind, hooks, luck, reboot);
			if (outcome.kind !== 'needs-attention') return;
			const failures = journal.filter(
				(entry) => entry.event === 'undo-failed' && entry.step !== ('stage' as string),
			).length;
			const begun = journal.filter(
				(entry) => entry.event === 'undoing' && entry.step !== ('stage' as string),
			).length;
			expect(failures >= LIMITS.undoTries || begun >= LIMITS.undoCuts).toBe(true);
		}),
		rounds(3000),
	);
});

test('commits a release that asks for a reboot only in a later boot', () => {
	fc.assert(
		fc.property(hookSets, lucks, (hooks, luck) => {
			const { outcome, world, journal } = run('update', hooks, luck, 'after-01');
			const asked = journal.filter((entry) => entry.event === 'doing' && entry.step === ('reboot' as string));
			expect(asked.length).toBeLessThanOrEqual(LIMITS.rebootTries);
			if (outcome.kind === 'committed') expect(world.boot).toBeGreaterThan(Math.max(1, world.installedIn));
		}),
		rounds(3000),
	);
});

/** Every effect of a good run, hit once by each kind of failure: exhaustive, not random. */
const singleFaults = (['fails', 'cut-before', 'cut-in-the-middle', 'cut-after'] as const).flatMap((luck) =>
	Array.from({ length: 13 }, (_, index) => ({ luck, index })),
);

test.each(singleFaults)(
	'$luck at effect $index ends with a whole release and the true outcome',
	({ luck, index }) => {
		const hooks = HOOKS.slice(0, 4);
		const result = run('update', hooks, [...Array.from({ length: index }, (): Luck => 'well'), luck]);
		expectWhole(result, hooks, 'update');
		expect(result.world.staging).toBe(false);
		expect(result.outcome.kind).not.toBe('needs-attention');
	},
);

test.each(singleFaults)(
	'$luck at effect $index, and a second one at every effect after it',
	({ luck, index }) => {
		const hooks = HOOKS.slice(0, 4);
		for (let gap = 0; gap < 8; gap += 1) {
			const wells = (count: number) => Array.from({ length: count }, (): Luck => 'well');
			const result = run('update', hooks, [...wells(index), luck, ...wells(gap), 'cut-in-the-middle']);
			expectWhole(result, hooks, 'update');
			expect(result.outcome.kind).not.toBe('needs-attention');
		}
	},
);

test('drops the change with its files unchanged when a sealed backup was not journalled and undoing it fails twice', () => {
	const luck: Luck[] = [
		'cut-after',
		'well',
		'cut-after',
		'cut-in-the-middle',
		'well',
		'cut-after',
		'fails',
		'fails',
	];
	const { outcome, world, journal } = run('rollback', ['01-run.sh'], luck);
	expect(journal.filter(({ event }) => event === 'undo-failed')).toHaveLength(2);
	expect(outcome.kind).toBe('dropped');
	expect(world).toMatchObject({ files: 'old', services: 'old', backup: 'sealed' });
});

test('limits how often a hook may ask to be run later', () => {
	const luck: Luck[] = [
		...Array.from({ length: 6 }, (): Luck => 'well'),
		...Array.from({ length: 4 }, (): Luck => 'later'),
	];
	const { outcome, journal } = run('update', ['01-run.sh'], luck);
	expect(outcome).toMatchObject({ kind: 'rolled-back', version: OLD });
	expect(
		journal.filter((entry) => entry.event === 'doing' && entry.step === ('hook:01-run.sh' as string)),
	).toHaveLength(LIMITS.laterTries + 1);
});
