/**
 * The facts of every step, one row each. Steps are shared by all installers, or belong to the installer that
 * brings their rows; both are journalled, shown and undone alike.
 */
import type { Tag } from '../release/tag.ts';
import type { ChangeState } from './change.ts';
import type { StepId, StepKind } from './step.ts';

/**
 * When a step that was begun is undone on the way back. `always`: its `undo` runs. `after R`: before R it
 * only recorded something, so its `undo` runs from R on. `never`: it changes nothing, or the undo of `backup`
 * or `handover` covers it.
 */
export type Undone = 'always' | 'after R' | 'never';

export interface StepRow {
	readonly state: ChangeState;
	/**
	 * The progress at which the step begins, 1 to 99; a function of the subject for an action that a release
	 * repeats.
	 */
	readonly progress: number | ((subject: string) => number);
	/** What a dashboard shows while the step runs. */
	readonly label: (release: Tag, subject: string) => string;
	readonly undone: Undone;
}

/** The shared steps. A new row does not compile until it has a record and a handler. */
export const STEPS = {
	reserve: { state: 'checking', progress: 1, label: () => 'Checking disk space', undone: 'never' },
	fetch: { state: 'downloading', progress: 2, label: (tag) => `Downloading ${tag}`, undone: 'never' },
	stage: { state: 'staging', progress: 10, label: (tag) => `Unpacking ${tag}`, undone: 'always' },
	inspect: { state: 'inspecting', progress: 14, label: (tag) => `Checking ${tag}`, undone: 'never' },
	handover: { state: 'backing-up', progress: 15, label: () => 'Creating a backup', undone: 'after R' },
	backup: { state: 'backing-up', progress: 16, label: () => 'Creating a backup', undone: 'always' },
	restore: { state: 'installing', progress: 40, label: (tag) => `Restoring ${tag}`, undone: 'never' },
	switch: {
		state: 'installing',
		progress: 60,
		label: (tag) => `Verifying that ${tag} is installed`,
		undone: 'never',
	},
	reboot: {
		state: 'rebooting',
		progress: 65,
		label: () => 'Restarting the machine; the update continues after the restart',
		undone: 'never',
	},
	restart: { state: 'installing', progress: 70, label: (tag) => `Starting ${tag}`, undone: 'never' },
	probe: { state: 'probing', progress: 90, label: () => 'Running health checks', undone: 'never' },
	commit: { state: 'committing', progress: 94, label: (tag) => `Committing ${tag}`, undone: 'never' },
	clean: { state: 'finishing', progress: 98, label: () => 'Cleaning up', undone: 'never' },
} as const satisfies Readonly<Record<StepKind, StepRow>>;

export interface SharedStep {
	readonly kind: StepKind;
}

/**
 * A step of an installer. `subject` tells repetitions of an action apart, such as the hook that runs; it may
 * be empty.
 */
export interface InstallStep {
	readonly kind: 'install';
	readonly action: string;
	readonly subject: string;
	readonly row: StepRow;
}

export type Step = SharedStep | InstallStep;

export function stepId(step: Step): StepId {
	if (step.kind !== 'install') return step.kind as string as StepId;
	return (step.subject === '' ? step.action : `${step.action}:${step.subject}`) as StepId;
}

export function rowOf(step: Step): StepRow {
	return step.kind === 'install' ? step.row : STEPS[step.kind];
}

/** Returns the progress at which a step begins, 1 to 99. */
export function progressOf(step: Step): number {
	const { progress } = rowOf(step);
	return typeof progress === 'number' ? progress : progress(subjectOf(step));
}

/** Returns what a dashboard shows while the step runs. */
export function labelOf(step: Step, release: Tag): string {
	return rowOf(step).label(release, subjectOf(step));
}

function subjectOf(step: Step): string {
	return step.kind === 'install' ? step.subject : '';
}
