/**
 * What is told of a change: never more than is true, never less than before, and never at the cost of the
 * change.
 */
import { lstatSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { pipelineOf } from '../../../../src/engine/change/pipeline.ts';
import type { ErrorRecord } from '../../../../src/model/base/error.ts';
import { makeChangeId } from '../../../../src/model/change/change.ts';
import type { Outcome } from '../../../../src/model/change/outcome.ts';
import type { StepId } from '../../../../src/model/change/step.ts';
import { progressOf } from '../../../../src/model/change/step-table.ts';
import { parseHookName } from '../../../../src/model/release/hook-name.ts';
import type { ReadStatus } from '../../../../src/model/status/status.ts';
import { statusesAccess } from '../../../../src/privileged/access/statuses-access.ts';
import { planHooks } from '../../../../src/privileged/updater/installers/hooks/plan-hooks.ts';
import { makePublisher, readUpdateStatus } from '../../../../src/privileged/updater/status/publisher.ts';
import { makeWorld, openedFrom, version } from '../../../box/world.ts';

const error: ErrorRecord = {
	code: 'hook-failed',
	message: 'hook 01 failed',
	hint: 'look at the log',
	retry: 'later',
	facts: { hook: '01' },
};
const said = (status: Partial<ReadStatus>): ReadStatus => ({
	state: undefined,
	progress: undefined,
	description: undefined,
	updateTo: undefined,
	raw: {},
	...status,
});

function begun(opened = openedFrom('1.0.0', '1.1.0')) {
	const world = makeWorld({ opened });
	const read = (name: string) => JSON.parse(readFileSync(join(world.layout.statuses, name), 'utf8'));
	world.publisher.begin(opened, world.clock.now());
	return {
		...world,
		change: () => read('change.json'),
		legacy: () => read('update-status.json'),
		history: () => read('history.json').changes,
		read,
	};
}

const moment = (progress: number, description = 'Working') =>
	({ state: 'installing', step: 'switch' as StepId, progress, description }) as const;

describe('on the way', () => {
	test('reports progress that never falls and stays between 1 and 99', () => {
		const { publisher, change } = begun();
		const seen = [0, -5, 40, 20, 1000, 3].map((progress) => {
			publisher.moment(moment(progress));
			return change().progress;
		});
		expect(seen).toEqual([1, 1, 40, 40, 99, 99]);
	});

	test('removes final dots and control characters from descriptions', () => {
		const { publisher, change, legacy } = begun();
		publisher.moment(moment(5, 'Nearly\u001b[2J there...\n'));
		expect(change().description).toBe('Nearly [2J there');
		publisher.moment(moment(6, '...'));
		expect(legacy().description, 'nothing new: what was said before stays').toBe('Nearly [2J there');
	});

	test('shows dashboards the goal of the whole path', () => {
		const { legacy, change } = begun(
			openedFrom('1.0.0', '1.1.0', { goal: openedFrom('1.0.0', '1.3.0').tag }),
		);
		expect(legacy()).toMatchObject({
			state: 'installing',
			updateTo: 'v1.3.0',
			from: '1.0.0',
			to: '1.1.0',
			trust: 'unsigned',
		});
		expect(change()).toMatchObject({ goal: 'v1.3.0', to: '1.1.0', endedAt: null });
	});

	test('a hook’s word is taken up, its claim of an end is not', () => {
		const { publisher, change, legacy, layout } = begun();
		publisher.moment(moment(20));
		writeFileSync(layout.updateStatus, '{"state": "installing", "progress": 60, "description": "Pulling"}');
		publisher.hookSaid(said({ state: 'installing', progress: 60.7, description: 'Pulling...' }));
		expect(change()).toMatchObject({ progress: 60, description: 'Pulling', state: 'installing' });
		expect(legacy(), 'a hook’s file stays as it is').toEqual({
			state: 'installing',
			progress: 60,
			description: 'Pulling',
		});
		publisher.hookSaid(said({ state: 'success', progress: 100, description: '' }));
		expect(change()).toMatchObject({ progress: 99, state: 'installing' });
		expect(legacy()).toMatchObject({ progress: 99, state: 'installing' });
		publisher.hookSaid(said({ state: 'failed' }));
		expect(legacy()).toMatchObject({ state: 'installing' });
	});

	test('starts the steps of every change at a progress that never falls', () => {
		const hooks = ['00-run.sh', '01-run.sh', '02-run.sh', '03-run.sh', 'bootstrap-run.sh'].flatMap(
			(name) => parseHookName(name) ?? [],
		);
		const orders = [
			pipelineOf(openedFrom('1.0.0', '1.1.0'), planHooks({ hooks: hooks.slice(0, 4) }), 'after-01'),
			pipelineOf(openedFrom('1.0.0', '1.1.0', { kind: 'rollback' }), undefined, 'never'),
		];
		for (const steps of orders) {
			const progress = steps.map((step) => progressOf(step));
			expect(progress).toEqual(progress.toSorted((a, b) => a - b));
			expect(progress.every((one) => one >= 1 && one <= 99)).toBe(true);
		}
	});
});

describe('the end', () => {
	const ends: readonly [Outcome, string, string][] = [
		[{ kind: 'committed', version: version('1.1.0'), warnings: [] }, 'committed', 'success'],
		[{ kind: 'dropped', version: version('1.0.0'), cause: error }, 'failed', 'failed'],
		[{ kind: 'rolled-back', version: version('1.0.0'), cause: error }, 'rolled-back', 'failed'],
		[
			{ kind: 'needs-attention', cause: error, rollback: { ...error, code: 'restart-failed' } },
			'needs-attention',
			'failed',
		],
	];

	test.each(ends)('%j', (outcome, state, legacyState) => {
		const { publisher, change, legacy, history } = begun();
		publisher.end(outcome, 'nothing');
		const isWell = outcome.kind === 'committed';
		expect(change()).toMatchObject({
			state,
			progress: 100,
			step: null,
			outcome,
			error: isWell ? null : error,
			endedAt: '2026-11-21T09:30:00.000Z',
		});
		expect(change().next).not.toBe('');
		expect(legacy()).toMatchObject({
			state: legacyState,
			progress: 100,
			updateTo: '',
			...(isWell ? {} : { error }),
		});
		expect(history()).toEqual([
			expect.objectContaining({ outcome: outcome.kind, change: change().change, from: '1.0.0', to: '1.1.0' }),
		]);
	});

	test('is no success yet when it installed a stepping stone', () => {
		const { publisher, legacy, change } = begun();
		publisher.end({ kind: 'committed', version: version('1.1.0'), warnings: [] }, 'another');
		expect(legacy()).toMatchObject({ state: 'installing', updateTo: 'v1.1.0' });
		expect(legacy().progress).toBeLessThan(100);
		expect(change()).toMatchObject({ state: 'committed' });
	});

	test.each([
		[1, 'committed'],
		[2, 'committed'],
		[3, 'checking'],
	])('is reported although %i writes fail', (refusals, state) => {
		const world = begun();
		let left = refusals;
		const statuses = {
			inside<T>(act: (at: string) => T): T {
				left -= 1;
				if (left >= 0) throw Object.assign(new Error('read-only'), { code: 'EROFS' });
				return world.statuses.inside(act);
			},
		};
		const { layout } = world;
		const publisher = makePublisher(
			{ layout, statuses, access: statusesAccess(world.config) },
			world.clock,
			world.log,
		);
		left = 0;
		publisher.begin(openedFrom('1.0.0', '1.1.0'), world.clock.now());
		left = refusals;
		publisher.end({ kind: 'committed', version: version('1.1.0'), warnings: [] }, 'nothing');
		expect(world.change()).toMatchObject({ state });
		expect(world.legacy()).toMatchObject({ state: 'success' });
	});

	test('is added to the history once, however often it is reported', () => {
		const { publisher, history } = begun();
		for (let time = 0; time < 3; time += 1)
			publisher.end({ kind: 'committed', version: version('1.1.0'), warnings: [] }, 'nothing');
		expect(history()).toHaveLength(1);
	});

	test('is kept in a history of fifty, newest first; an unreadable history is replaced', () => {
		const world = begun();
		writeFileSync(world.layout.history, 'rubbish');
		for (let index = 0; index < 60; index += 1) {
			world.publisher.begin(
				openedFrom('1.0.0', '1.1.0', { change: makeChangeId(Date.UTC(2026, 0, 1) + index * 1000, 'aaaa') }),
				0,
			);
			world.publisher.end({ kind: 'dropped', version: version('1.0.0'), cause: error }, 'nothing');
		}
		expect(world.history()).toHaveLength(50);
		expect(world.history()[0].change).toBe('20260101-000059-aaaa');
	});
});

describe('a refusal', () => {
	test('is shown in both statuses, with its code', () => {
		const world = begun();
		world.publisher.refuse({ ...error, code: 'missing-tag' }, '1.0.0', 'unsigned');
		expect(world.change()).toMatchObject({
			change: '',
			state: 'failed',
			from: '1.0.0',
			to: '1.0.0',
			error: { code: 'missing-tag' },
			next: 'look at the log',
		});
		expect(world.legacy()).toMatchObject({
			state: 'failed',
			progress: 100,
			updateTo: '',
			description: 'hook 01 failed',
			error: { code: 'missing-tag' },
		});
	});

	test.each(['up-to-date', 'ahead-of-channel'] as const)(
		'is not reported for %s: the box is idle',
		(code) => {
			const world = begun();
			const before = world.change();
			world.publisher.refuse({ ...error, code }, '1.0.0', 'unsigned');
			expect(world.change()).toEqual(before);
			expect(world.legacy()).toMatchObject({
				state: 'success',
				progress: 100,
				description: '',
				updateTo: '',
			});
		},
	);
});

describe('the files', () => {
	test('are readable by the group only; the group can write only update-status.json', () => {
		const { layout } = begun();
		expect((statSync(layout.changeStatus).mode & 0o777).toString(8)).toBe('640');
		expect((statSync(layout.updateStatus).mode & 0o777).toString(8)).toBe('660');
	});

	test('are created again after a hook removed the directory', () => {
		const world = begun();
		rmSync(world.layout.statuses, { recursive: true });
		world.publisher.moment(moment(50));
		expect(world.change().progress).toBe(50);
	});

	test('are not written through a link in place of the directory', () => {
		const world = begun();
		rmSync(world.layout.statuses, { recursive: true });
		const outside = join(world.layout.state, 'outside');
		mkdirSync(outside);
		symlinkSync(outside, world.layout.statuses);
		expect(() => world.publisher.moment(moment(50))).not.toThrow();
		expect(() =>
			world.publisher.end({ kind: 'committed', version: version('1.1.0'), warnings: [] }, 'nothing'),
		).not.toThrow();
		expect(() => lstatSync(join(outside, 'change.json'))).toThrow(/ENOENT/);
	});
});

describe('update-status.json', () => {
	test.each<[string, string | undefined]>([
		['missing', undefined],
		['empty', ''],
		['half', '{"state": "inst'],
		['no object', '7'],
		['huge', `{"x": "${'x'.repeat(70_000)}"}`],
	])('is ignored when it holds %s', (_, text) => {
		const { layout } = makeWorld();
		if (text !== undefined) writeFileSync(layout.updateStatus, text);
		expect(readUpdateStatus(layout)).toBeUndefined();
	});
});
