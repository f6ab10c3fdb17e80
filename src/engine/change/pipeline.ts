/** The order of steps, in one place; which of them have something to undo; and the three points that a change passes. */
import { type Journal, type Opened, recordOfStep } from '../../model/change/journal.ts';
import { type HookName, runsAfterCommit, type Step, type StepKind } from '../../model/change/step.ts';
import type { ReleaseTerms } from '../../model/release/terms.ts';
import { REBOOT } from './reboot.ts';

/**
 * Returns the steps of a change in order. The release's hooks, and whether it asks for a reboot, are known once `inspect` was
 * done; until then the list ends there.
 *
 *     reserve ─ fetch ─ stage ─ inspect ─ handover ─ backup ─R─ 00 ─ 01 ─ switch ─S─ [reboot] ─ 02 ─ probe ─ commit ─C─ 03 ─ clean
 *     before R: nothing changed, drop it │ R to C: any failure or cut rolls back │ after C: repeated, never undone
 */
export function pipelineOf(
	opened: Opened,
	hooks: readonly HookName[] | undefined,
	reboot: ReleaseTerms['reboot'],
): readonly Step[] {
	switch (opened.kind) {
		case 'update':
			return updateSteps(hooks, reboot);
		case 'rollback':
			return ROLLBACK;
		case 'keep':
			return KEEP;
	}
}

const BEFORE_HOOKS: readonly Step[] = [
	{ kind: 'reserve' },
	{ kind: 'fetch' },
	{ kind: 'stage' },
	{ kind: 'inspect' },
];

/** A rollback by hand keeps what it replaces first: it can fail like any other change, and then it is undone. */
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

/** What is there counts from now on, whatever it is: nothing of it is touched. */
const KEEP: readonly Step[] = [{ kind: 'commit' }, { kind: 'clean' }];

function updateSteps(
	hooks: readonly HookName[] | undefined,
	reboot: ReleaseTerms['reboot'],
): readonly Step[] {
	if (hooks === undefined) return BEFORE_HOOKS;
	const asSteps = (some: readonly HookName[]): Step[] => some.map((hook) => ({ kind: 'hook', hook }));
	const early = hooks.filter((hook) => !runsAfterCommit(hook));
	return [
		...BEFORE_HOOKS,
		{ kind: 'handover' },
		{ kind: 'backup' },
		...asSteps(early.filter((hook) => !checksTheNew(hook))),
		{ kind: 'switch' },
		...(reboot === 'after-01' ? [REBOOT] : []),
		...asSteps(early.filter(checksTheNew)),
		{ kind: 'probe' },
		{ kind: 'commit' },
		...asSteps(hooks.filter(runsAfterCommit)),
		{ kind: 'clean' },
	];
}

/** 02 looks at the new release; 00, 01 and hooks without a number (`bootstrap-run.sh`) install it. */
function checksTheNew(hook: HookName): boolean {
	return /^0*2\D/.test(hook);
}

/** The points of no doubt. R: the backup is sealed. S: the root is the new release. C: the new release counts. */
export interface Points {
	readonly R: boolean;
	readonly S: boolean;
	readonly C: boolean;
}

export function pointsOf(journal: Journal): Points {
	const reached = (kind: 'backup' | 'switch' | 'commit') => recordOfStep(journal, kind) !== undefined;
	return { R: reached('backup'), S: reached('switch'), C: reached('commit') };
}

/**
 * Returns whether a step that was begun leaves something to undo. Services are only taken back once R was passed: before
 * it nobody touched them.
 */
export function leavesTraces(kind: StepKind, points: Points): boolean {
	switch (kind) {
		case 'stage':
		case 'backup':
			return true;
		case 'handover':
			return points.R;
		case 'reserve':
		case 'fetch':
		case 'inspect':
		case 'hook':
		case 'restore':
		case 'restart':
		case 'switch':
		case 'reboot':
		case 'probe':
		case 'commit':
		case 'clean':
			return false;
	}
}
