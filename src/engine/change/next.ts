/**
 * The whole state machine: a journal in, the next action out. Start, resume after a power cut, and rollback
 * are this one function, so that no recovery code exists beside it (design §4).
 *
 *     opened ─▶ doing ─▶ done ─▶ (next step) ─▶ … ─▶ closed: committed
 *                 │ failed, or cut between R and C
 *                 ▼
 *              undoing ─▶ undone ─▶ (the step before) ─▶ … ─▶ closed: dropped (before R) or rolled-back
 *                 │ failed twice
 *                 ▼
 *              closed: needs-attention
 */
import type { ErrorRecord } from '../../model/base/error.ts';
import { type Journal, type Opened, openedOf, recordOfStep, termsOf } from '../../model/change/journal.ts';
import type { Outcome } from '../../model/change/outcome.ts';
import { rowOf, type Step, stepId } from '../../model/change/step-table.ts';
import type { Limits } from '../limits.ts';
import { leavesTraces, type PlanInstall, pipelineOf, pointsOf } from './pipeline.ts';
import { hasRebooted } from './reboot.ts';
import { attemptsAt, errorsAt, lastAt } from './trace.ts';
import { turningPoint } from './turning-point.ts';

export type Action =
	| { readonly kind: 'do'; readonly step: Step; readonly attempt: number }
	| { readonly kind: 'undo'; readonly step: Step; readonly attempt: number }
	| { readonly kind: 'wait'; readonly step: Step; readonly milliseconds: number }
	| { readonly kind: 'close'; readonly outcome: Outcome }
	/** The change is closed, or was never opened. */
	| { readonly kind: 'nothing' };

/**
 * Returns what to do next. `idle` is milliseconds since the last fact was written, by a monotonic clock: the
 * times in the journal are the wall clock's, which may jump either way. `plan` gives the installer's steps.
 */
export function next(journal: Journal, idle: number, limits: Limits, plan: PlanInstall): Action {
	const opened = openedOf(journal);
	if (opened === undefined || journal.some((entry) => entry.event === 'closed')) return { kind: 'nothing' };
	const inspected = recordOfStep(journal, 'inspect');
	const planned = inspected === undefined ? undefined : plan(inspected);
	const steps = pipelineOf(opened, planned, termsOf(journal).reboot);
	const cause = turningPoint(journal, limits);
	return cause === undefined
		? forward(opened, journal, steps, idle, limits)
		: backward(opened, journal, steps, cause, limits);
}

function forward(
	opened: Opened,
	journal: Journal,
	steps: readonly Step[],
	idle: number,
	limits: Limits,
): Action {
	const step = steps.find((one) => !isSettled(journal, one, limits));
	if (step === undefined) return { kind: 'close', outcome: committed(opened, journal, steps) };
	const last = lastAt(journal, stepId(step));
	const attempt = attemptsAt(journal, stepId(step), 'doing') + 1;
	if (last?.event !== 'failed') return { kind: 'do', step, attempt };
	const left = limits.pause - idle;
	return left <= 0 || hasWaited(journal, last.seq)
		? { kind: 'do', step, attempt }
		: { kind: 'wait', step, milliseconds: left };
}

/**
 * A step is settled when it was done or, after the commit, when its tries are used up: a hook may take the
 * machine down each time.
 */
function isSettled(journal: Journal, step: Step, limits: Limits): boolean {
	const id = stepId(step);
	if (isDone(journal, step)) return true;
	const attempts = attemptsAt(journal, id, 'doing');
	const enough = errorsAt(journal, id).length > 0 ? limits.finishTries : limits.finishTries + limits.cuts;
	return pointsOf(journal).C && attempts >= enough;
}

/** A reboot ends the process that would journal it as done; the id of the next boot shows it instead. */
function isDone(journal: Journal, step: Step): boolean {
	if (step.kind === 'reboot') return hasRebooted(journal);
	return journal.some((entry) => entry.event === 'done' && entry.step === stepId(step));
}

/** A change that a new process took over has waited long enough. */
function hasWaited(journal: Journal, since: number): boolean {
	return journal.some((entry) => entry.event === 'resumed' && entry.seq > since);
}

function backward(
	opened: Opened,
	journal: Journal,
	steps: readonly Step[],
	cause: ErrorRecord,
	limits: Limits,
): Action {
	const points = pointsOf(journal);
	const left = steps.filter(
		(step) => leavesTraces(rowOf(step), points) && isBegun(journal, step) && !isUndone(journal, step),
	);
	for (const step of left.reverse()) {
		const attempts = attemptsAt(journal, stepId(step), 'undoing');
		const errors = journal.flatMap((entry) =>
			entry.event === 'undo-failed' && entry.step === stepId(step) ? [entry.error] : [],
		);
		if (errors.length < limits.undoTries && attempts < limits.undoCuts)
			return { kind: 'undo', step, attempt: attempts + 1 };
		// Leftover staging beside an intact release needs no attention; an incomplete rollback does.
		if (points.R && step.kind !== 'stage')
			return {
				kind: 'close',
				outcome: { kind: 'needs-attention', cause, rollback: errors.at(-1) ?? cutShort(step, attempts) },
			};
	}
	return {
		kind: 'close',
		outcome: { kind: points.R ? 'rolled-back' : 'dropped', version: opened.from, cause },
	};
}

function isBegun(journal: Journal, step: Step): boolean {
	return attemptsAt(journal, stepId(step), 'doing') > 0;
}

function isUndone(journal: Journal, step: Step): boolean {
	return journal.some((entry) => entry.event === 'undone' && entry.step === stepId(step));
}

function committed(opened: Opened, journal: Journal, steps: readonly Step[]): Outcome {
	const unfinished = steps.filter((step) => !isDone(journal, step));
	const warningOf = (step: Step) =>
		errorsAt(journal, stepId(step)).at(-1) ?? cutShort(step, attemptsAt(journal, stepId(step), 'doing'));
	return { kind: 'committed', version: opened.to, warnings: unfinished.map(warningOf) };
}

function cutShort(step: Step, attempts: number): ErrorRecord {
	return {
		code: 'interrupted',
		message: `${stepId(step)} was interrupted each of the ${attempts} times that it was begun`,
		hint: 'check whether it takes the machine down, and the power supply',
		retry: 'later',
		facts: { step: stepId(step), attempts },
	};
}
