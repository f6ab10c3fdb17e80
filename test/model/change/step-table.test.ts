import { expect, test } from 'vitest';
import {
	labelOf,
	progressOf,
	rowOf,
	STEPS,
	type StepRow,
	stepId,
} from '../../../src/model/change/step-table.ts';
import type { Tag } from '../../../src/model/release/tag.ts';

const TAG = 'v1.1.0' as Tag;
const ROW: StepRow = {
	state: 'installing',
	progress: (subject) => 20 + subject.length,
	label: (tag, subject) => `Installing ${tag} (${subject})`,
	undone: 'always',
};
const STEP = { kind: 'install', action: 'hook', subject: '01-run.sh', row: ROW } as const;

test('a shared step is named by its kind, a step of an installer by its action and subject', () => {
	expect(stepId({ kind: 'fetch' })).toBe('fetch');
	expect(stepId(STEP)).toBe('hook:01-run.sh');
	expect(stepId({ ...STEP, subject: '' })).toBe('hook');
});

test('a shared step has its row in the table, a step of an installer brings its own', () => {
	expect(rowOf({ kind: 'stage' })).toBe(STEPS.stage);
	expect(rowOf(STEP)).toBe(ROW);
});

test('an action that is repeated begins at the progress of its subject', () => {
	expect(progressOf({ kind: 'fetch' })).toBe(2);
	expect(progressOf(STEP)).toBe(29);
	expect(progressOf({ ...STEP, row: { ...ROW, progress: 30 } })).toBe(30);
});

test('labels name the release and, where there is one, the subject', () => {
	expect(labelOf({ kind: 'reserve' }, TAG)).toBe('Checking disk space');
	expect(labelOf({ kind: 'probe' }, TAG)).toBe('Running health checks');
	expect(labelOf({ kind: 'fetch' }, TAG)).toBe('Downloading v1.1.0');
	expect(labelOf(STEP, TAG)).toBe('Installing v1.1.0 (01-run.sh)');
});

test('exactly the steps that change something of their own are undone', () => {
	const undone = Object.entries(STEPS).filter(([, row]) => row.undone !== 'never');
	expect(undone.map(([kind, row]) => [kind, row.undone])).toEqual([
		['stage', 'always'],
		['handover', 'after R'],
		['backup', 'always'],
	]);
});

const STATES: Readonly<Record<keyof typeof STEPS, string>> = {
	reserve: 'checking',
	fetch: 'downloading',
	stage: 'staging',
	inspect: 'inspecting',
	handover: 'backing-up',
	backup: 'backing-up',
	restore: 'installing',
	switch: 'installing',
	reboot: 'rebooting',
	restart: 'installing',
	probe: 'probing',
	commit: 'committing',
	clean: 'finishing',
};

test('dashboards show the state of each step', () => {
	expect(Object.fromEntries(Object.entries(STEPS).map(([kind, { state }]) => [kind, state]))).toEqual(STATES);
});
