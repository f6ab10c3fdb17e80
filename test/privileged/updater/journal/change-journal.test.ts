/** The journal on disk, and the questions about earlier changes. */
import { appendFileSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ErrorRecord } from '../../../../src/model/base/error.ts';
import { type ChangeId, makeChangeId } from '../../../../src/model/change/change.ts';
import { type Opened, openedOf } from '../../../../src/model/change/journal.ts';
import type { Outcome } from '../../../../src/model/change/outcome.ts';
import type { StepId } from '../../../../src/model/change/step.ts';
import {
	forgetOpenChange,
	isChangeOpen,
	listChanges,
	openChange,
	readJournal,
	reopenChange,
} from '../../../../src/privileged/updater/journal/change-journal.ts';
import { rollbackTarget, troubleOf } from '../../../../src/privileged/updater/journal/history.ts';
import type { World } from '../../../../src/privileged/updater/world.ts';
import { makeWorld, openedFrom, testClock, version } from '../../../box/world.ts';

const clock = testClock();
const id = (minute: number): ChangeId => makeChangeId(Date.UTC(2026, 10, 21, 10, minute), 'aaaa');
const damaged = expect.objectContaining({ record: expect.objectContaining({ code: 'state-damaged' }) });
const error: ErrorRecord = { code: 'hook-failed', message: 'm', hint: 'h', retry: 'later', facts: {} };

/** A world without changes. */
const emptyWorld = (): World =>
	makeWorld({ opened: openedFrom('1.0.0', '1.1.0', { change: 'not-a-change' as ChangeId }) });

describe('the journal of a change', () => {
	test('is read back fact by fact', () => {
		const { layout } = emptyWorld();
		const opened = openedFrom('1.0.0', '1.1.0', { change: id(1) });
		const journal = openChange(layout, opened, clock);
		journal.append({ event: 'doing', step: 'reserve' as StepId, attempt: 1 });
		journal.close();
		expect(isChangeOpen(layout)).toBe(true);
		const again = reopenChange(layout, clock);
		expect(openedOf(again?.entries() ?? [])).toEqual(opened);
		again?.append({ event: 'resumed', boot: 'b' });
		again?.close();
		expect(readJournal(layout, id(1)).map(({ event, seq }) => `${seq} ${event}`)).toEqual([
			'1 opened',
			'2 doing',
			'3 resumed',
		]);
		expect(statSync(join(layout.changes, id(1), 'journal')).mode & 0o777).toBe(0o600);
	});

	test('continues after the last whole line when torn', () => {
		const { layout } = emptyWorld();
		openChange(layout, openedFrom('1.0.0', '1.1.0', { change: id(1) }), clock).close();
		appendFileSync(join(layout.changes, id(1), 'journal'), '12345678 {"event":"do');
		const again = reopenChange(layout, clock);
		again?.append({ event: 'resumed', boot: 'b' });
		again?.close();
		expect(readJournal(layout, id(1)).map(({ event }) => event)).toEqual(['opened', 'resumed']);
	});

	test('reserves disk space while it is open, and releases it at the end', () => {
		const { layout } = emptyWorld();
		const journal = openChange(layout, openedFrom('1.0.0', '1.1.0', { change: id(1) }), clock);
		const reserve = join(layout.changes, id(1), 'reserve');
		expect(statSync(reserve).size).toBeGreaterThan(100_000);
		journal.append({
			event: 'closed',
			outcome: { kind: 'dropped', version: version('1.0.0'), cause: error },
		});
		journal.close();
		expect(existsSync(reserve)).toBe(false);
	});

	test('is no longer open without its marker', () => {
		const { layout } = emptyWorld();
		openChange(layout, openedFrom('1.0.0', '1.1.0', { change: id(1) }), clock).close();
		forgetOpenChange(layout);
		expect(isChangeOpen(layout)).toBe(false);
		expect(reopenChange(layout, clock)).toBeUndefined();
		forgetOpenChange(layout);
	});

	test.each<[string, (world: World) => void]>([
		['a marker of nothing', ({ layout }) => writeFileSync(layout.currentChange, '')],
		['a marker that leads elsewhere', ({ layout }) => writeFileSync(layout.currentChange, '../../etc')],
		['a marker of a change that is gone', ({ layout }) => writeFileSync(layout.currentChange, `${id(9)}\n`)],
		['a huge marker', ({ layout }) => writeFileSync(layout.currentChange, 'x'.repeat(10_000))],
		['a marker that is a directory', ({ layout }) => mkdirSync(layout.currentChange)],
		[
			'a journal with a bad line before good ones',
			({ layout }) => {
				openChange(layout, openedFrom('1.0.0', '1.1.0', { change: id(1) }), clock).close();
				const path = join(layout.changes, id(1), 'journal');
				writeFileSync(path, `rubbish\n${readFileSync(path, 'utf8')}`);
			},
		],
	])('reports %s as damage', (_, spoil) => {
		const world = emptyWorld();
		mkdirSync(world.layout.changes, { recursive: true });
		spoil(world);
		expect(() => reopenChange(world.layout, clock)).toThrow(damaged);
	});
});

describe('the changes', () => {
	function add(
		world: World,
		minute: number,
		opened: Partial<Opened>,
		outcome: Outcome | undefined,
		backup: 'kept' | 'gone',
	): ChangeId {
		const change = id(minute);
		const journal = openChange(world.layout, openedFrom('1.0.0', '1.1.0', { ...opened, change }), clock);
		if (outcome !== undefined) journal.append({ event: 'closed', outcome });
		journal.close();
		if (backup === 'kept') mkdirSync(join(world.layout.changes, change, 'backup/tree'), { recursive: true });
		return change;
	}

	const committed: Outcome = { kind: 'committed', version: version('1.1.0'), warnings: [] };
	const rolledBack: Outcome = { kind: 'rolled-back', version: version('1.0.0'), cause: error };
	const trouble: Outcome = { kind: 'needs-attention', cause: error, rollback: error };

	test('are listed newest first; other names are ignored', () => {
		const world = emptyWorld();
		for (const minute of [3, 1, 2]) add(world, minute, {}, committed, 'gone');
		mkdirSync(join(world.layout.changes, 'lost+found'));
		expect(listChanges(world.layout)).toEqual([id(3), id(2), id(1)]);
		expect(listChanges({ ...world.layout, changes: '/nonexistent' })).toEqual([]);
	});

	test('need attention until a change is committed; dropped and rolled-back changes do not end that', () => {
		const world = emptyWorld();
		expect(troubleOf(world)).toBeUndefined();
		const dropped: Outcome = { kind: 'dropped', version: version('1.0.0'), cause: error };
		const troubled = add(world, 1, {}, trouble, 'kept');
		for (const [index, outcome] of [dropped, rolledBack, undefined].entries()) {
			add(world, 2 + index, { kind: 'rollback' }, outcome, 'gone');
			expect(troubleOf(world)?.opened.change).toBe(troubled);
		}
		add(world, 6, {}, committed, 'gone');
		expect(troubleOf(world)).toBeUndefined();
	});

	test('without a first line are empty and block nothing', () => {
		const world = emptyWorld();
		add(world, 1, {}, committed, 'kept');
		mkdirSync(join(world.layout.changes, id(2), 'logs'), { recursive: true });
		expect(readJournal(world.layout, id(2))).toEqual([]);
		expect(troubleOf(world)).toBeUndefined();
		expect(rollbackTarget(world)?.change).toBe(id(1));
	});

	test('can be rolled back when committed or needing attention, the newest first', () => {
		const world = emptyWorld();
		expect(rollbackTarget(world)).toBeUndefined();
		add(world, 1, {}, committed, 'gone');
		expect(rollbackTarget(world), 'without a backup there is no way').toBeUndefined();
		const target = add(world, 2, {}, committed, 'kept');
		add(world, 3, {}, rolledBack, 'kept');
		add(world, 4, {}, undefined, 'kept');
		expect(rollbackTarget(world)?.change).toBe(target);
		const later = add(world, 5, {}, trouble, 'kept');
		expect(rollbackTarget(world)?.change).toBe(later);
	});

	test('retries a failed rollback by hand with its original target', () => {
		const world = emptyWorld();
		const update = add(world, 1, {}, committed, 'kept');
		const back = { kind: 'rollback', from: version('1.1.0'), to: version('1.0.0'), of: update } as const;
		add(world, 2, back, trouble, 'kept');
		expect(rollbackTarget(world)).toMatchObject({
			change: update,
			opened: { kind: 'update', from: '1.0.0' },
		});
		const third = add(world, 3, back, committed, 'kept');
		expect(rollbackTarget(world)?.change, 'a finished one is taken back itself').toBe(third);
	});
});
