/** The order of the steps of a change, and the three points it passes. */
import { type Journal, type Opened, recordOfStep } from '../../model/change/journal.ts';
import type { StepRecords } from '../../model/change/step.ts';
import type { InstallStep, Step, StepRow } from '../../model/change/step-table.ts';
import type { ReleaseTerms } from '../../model/release/terms.ts';
import { REBOOT } from './reboot.ts';

/** The steps that an installer adds to an update. */
export interface InstallSteps {
	/** Between R and S: they make the new release the installed one. */
	readonly install: readonly InstallStep[];
	/** Between S and C: they check and start the new release. */
	readonly verify: readonly InstallStep[];
	/** After C: they are repeated until they succeed, and never undone. */
	readonly finish: readonly InstallStep[];
}

/**
 * Plans an installer's steps from what it noted when the release was inspected. Pure: a resumed change gets
 * the same steps.
 */
export type PlanInstall = (inspected: StepRecords['inspect']) => InstallSteps;

/**
 * Returns the steps of a change in order. `planned` is undefined until the release was inspected; the list
 * ends there.
 *
 *     reserve ─ fetch ─ stage ─ inspect ─ handover ─ backup ─R─ install ─ switch ─S─ [reboot] ─ verify ─
 *     probe ─ commit ─C─ finish ─ clean
 *
 *     before R: nothing changed, the change ends there │ R to C: any failure or interruption rolls back │
 *     after C: repeated, never undone
 */
export function pipelineOf(
	opened: Opened,
	planned: InstallSteps | undefined,
	reboot: ReleaseTerms['reboot'],
): readonly Step[] {
	switch (opened.kind) {
		case 'update':
			return planned === undefined ? UP_TO_INSPECT : updateSteps(planned, reboot);
		case 'rollback':
			return ROLLBACK;
		case 'keep':
			return KEEP;
	}
}

const UP_TO_INSPECT: readonly Step[] = [
	{ kind: 'reserve' },
	{ kind: 'fetch' },
	{ kind: 'stage' },
	{ kind: 'inspect' },
];

/** A rollback by hand first backs up what it replaces: when it fails, it is undone like any other change. */
const ROLLBACK: readonly Step[] = [
	{ kind: 'reserve' },
	{ kind: 'handover' },
	{ kind: 'backup' },
	{ kind: 'restore' },
	{ kind: 'switch' },
	{ kind: 'restart' },
	{ kind: 'probe' },
	{ kind: 'commit' },
	{ kind: 'clean' },
];

/** The operator accepts the root as it is: the root is not changed. */
const KEEP: readonly Step[] = [{ kind: 'commit' }, { kind: 'clean' }];

function updateSteps(
	{ install, verify, finish }: InstallSteps,
	reboot: ReleaseTerms['reboot'],
): readonly Step[] {
	return [
		...UP_TO_INSPECT,
		{ kind: 'handover' },
		{ kind: 'backup' },
		...install,
		{ kind: 'switch' },
		...(reboot === 'after-01' ? [REBOOT] : []),
		...verify,
		{ kind: 'probe' },
		{ kind: 'commit' },
		...finish,
		{ kind: 'clean' },
	];
}

/**
 * The points a change passes. R: the backup is sealed. S: the root is the new release. C: the new release is
 * committed.
 */
export interface Points {
	readonly R: boolean;
	readonly S: boolean;
	readonly C: boolean;
}

export function pointsOf(journal: Journal): Points {
	const reached = (kind: 'backup' | 'switch' | 'commit') => recordOfStep(journal, kind) !== undefined;
	return { R: reached('backup'), S: reached('switch'), C: reached('commit') };
}

/** Returns whether a step that was begun leaves something to undo, as its row says. */
export function leavesTraces({ undone }: StepRow, points: Points): boolean {
	switch (undone) {
		case 'always':
			return true;
		case 'after R':
			return points.R;
		case 'never':
			return false;
	}
}
