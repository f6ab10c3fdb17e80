/** How a change looks in `statuses/change.json` from its beginning to its end. Pure. */
import type { Withheld } from '../../../engine/plan/failed-releases.ts';
import type { ErrorRecord } from '../../../model/base/error.ts';
import type { ChangeKind, ChangeState, ChangeStatus, EndedChange } from '../../../model/change/change.ts';
import type { Opened } from '../../../model/change/journal.ts';
import type { Outcome } from '../../../model/change/outcome.ts';
import type { StepId } from '../../../model/change/step.ts';
import { normalDescription } from '../../../model/status/status.ts';
import { isoTime } from '../../../system/clock.ts';

/** Where a change is at this moment. */
export interface Moment {
	readonly state: ChangeState;
	readonly step: StepId | null;
	/** 1 to 99. A lower value than before is ignored. */
	readonly progress: number;
	readonly description: string;
}

/** Directories that stay after a failed rollback. */
export type Kept = NonNullable<ChangeStatus['kept']>;

/**
 * Returns the status of a change that has just begun, or was taken over after an interruption. Times are
 * milliseconds.
 */
export function initialStatus(opened: Opened, startedAt: number, now: number): ChangeStatus {
	return {
		schema: 1,
		change: opened.change,
		kind: opened.kind,
		state: 'checking',
		step: null,
		from: opened.from,
		to: opened.to,
		goal: opened.goal,
		progress: 1,
		description: { update: 'Preparing', rollback: 'Rolling back to', keep: 'Accepting' }[opened.kind].concat(
			` ${opened.tag}`,
		),
		trust: opened.trust,
		startedAt: isoTime(startedAt),
		at: isoTime(now),
		endedAt: null,
		outcome: null,
		error: null,
		next: '',
	};
}

/**
 * Returns the status after progress was made. Progress never goes down, and an empty description keeps the
 * old one.
 */
export function advanced(status: ChangeStatus, moment: Partial<Moment>, now: number): ChangeStatus {
	const progress = Math.min(99, Math.max(status.progress, Math.floor(moment.progress ?? 0)));
	const description = normalDescription(moment.description ?? '') || status.description;
	return { ...status, ...moment, progress, description, at: isoTime(now) };
}

/**
 * Returns the status of a change that has ended. `withheld`: until when its release is not tried again
 * automatically.
 */
export function endedStatus(
	status: ChangeStatus,
	outcome: Outcome,
	{
		withheld,
		kept,
		now,
	}: { readonly withheld: Withheld | undefined; readonly kept: Kept; readonly now: number },
): ChangeStatus {
	const at = isoTime(now);
	return {
		...status,
		state: stateOf(outcome),
		step: null,
		progress: 100,
		description: sentenceOf(outcome, status.kind),
		at,
		endedAt: at,
		outcome,
		error: errorOf(outcome),
		next: nextOf(outcome, withheld),
		...(outcome.kind === 'needs-attention' ? { kept } : {}),
	};
}

/** Returns the status of a request that was refused before any change began. */
export function refusedStatus(
	error: ErrorRecord,
	installed: string,
	{ trust, now }: { readonly trust: string; readonly now: number },
): ChangeStatus {
	const at = isoTime(now);
	return {
		schema: 1,
		change: '',
		kind: 'update',
		state: 'failed',
		step: null,
		from: installed,
		to: installed,
		goal: installed,
		progress: 100,
		description: error.message,
		trust,
		startedAt: at,
		at,
		endedAt: at,
		outcome: null,
		error,
		next: error.hint,
	};
}

/** Returns the entry of an ended change in `statuses/history.json`. */
export function historyEntry(
	{ change, kind, from, to, trust, startedAt, error, at }: ChangeStatus,
	outcome: Outcome,
): EndedChange {
	return { change, kind, from, to, outcome: outcome.kind, error, trust, startedAt, endedAt: at };
}

function stateOf(outcome: Outcome): ChangeState {
	return outcome.kind === 'dropped' ? 'failed' : outcome.kind;
}

function errorOf(outcome: Outcome): ErrorRecord | null {
	return outcome.kind === 'committed' ? (outcome.warnings[0] ?? null) : outcome.cause;
}

function sentenceOf(outcome: Outcome, kind: ChangeKind): string {
	switch (outcome.kind) {
		case 'committed':
			return { update: 'Updated to', rollback: 'Rolled back to', keep: 'Accepted' }[kind].concat(
				` ${outcome.version}`,
			);
		case 'dropped':
			return `Nothing was changed: ${outcome.cause.message}`;
		case 'rolled-back':
			return `Rolled back to ${outcome.version}: ${outcome.cause.message}`;
		case 'needs-attention':
			return `The rollback failed: ${outcome.rollback.message}`;
	}
}

function nextOf(outcome: Outcome, withheld: Withheld | undefined): string {
	switch (outcome.kind) {
		case 'committed':
			return outcome.warnings.length === 0 ? 'nothing to do' : 'the release is installed; read the warnings';
		case 'dropped':
		case 'rolled-back':
			return withheld === undefined ? outcome.cause.hint : `${outcome.cause.hint}; ${notBefore(withheld)}`;
		case 'needs-attention':
			return 'read `signalbox logs`, fix what it names, then run `signalbox resolve --rollback`; or accept what is there: `signalbox resolve --keep`';
	}
}

function notBefore({ failure, until }: Withheld): string {
	return `${failure.tag} is not tried again automatically before ${isoTime(until)}; \`signalbox retry\` tries it at once`;
}
