/** A change: one attempted update or rollback. Its id stands in the journal, the status and the logs. */
import type { Brand } from '../base/brand.ts';
import type { ErrorRecord } from '../base/error.ts';
import type { Outcome } from './outcome.ts';
import type { StepId } from './step.ts';

/** Sorts by time: `20261121-093000-1a2b`. Safe as a file name. */
export type ChangeId = Brand<string, 'ChangeId'>;

export function parseChangeId(text: unknown): ChangeId | undefined {
	return typeof text === 'string' && /^\d{8}-\d{6}-[0-9a-f]{4}$/.test(text) ? (text as ChangeId) : undefined;
}

/** Makes an id from the time in milliseconds since 1970 and four hexadecimal digits of chance. */
export function makeChangeId(now: number, chance: string): ChangeId {
	const [date = '', time = ''] = new Date(now).toISOString().split(/[T.]/);
	return `${date.replaceAll('-', '')}-${time.replaceAll(':', '')}-${chance.slice(0, 4).padStart(4, '0')}` as ChangeId;
}

/** Returns the time in an id, in milliseconds since 1970, to the second. */
export function timeOfChange(change: ChangeId): number {
	const [date = '', time = ''] = change.split('-');
	const iso = `${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}T${time.slice(0, 2)}:${time.slice(2, 4)}:${time.slice(4)}Z`;
	return Date.parse(iso);
}

/** `keep`: the operator keeps what a rollback that failed has left. */
export type ChangeKind = 'update' | 'rollback' | 'keep';

/** Returns the kind that `value` names; of what it does not know, an update. */
export function parseChangeKind(value: unknown): ChangeKind {
	return value === 'rollback' || value === 'keep' ? value : 'update';
}

/** The states of a change, in the order of the design's picture. The last four are ends. */
export type ChangeState =
	| 'checking'
	| 'downloading'
	| 'staging'
	| 'inspecting'
	| 'backing-up'
	| 'installing'
	| 'rebooting'
	| 'probing'
	| 'committing'
	| 'finishing'
	| 'waiting'
	| 'rolling-back'
	| 'committed'
	| 'failed'
	| 'rolled-back'
	| 'needs-attention';

/** `statuses/change.json`: root's own word on the change at hand, which no hook and no manager overwrites. */
export interface ChangeStatus {
	readonly schema: 1;
	readonly change: string;
	readonly kind: ChangeKind;
	readonly state: ChangeState;
	readonly step: StepId | null;
	readonly from: string;
	readonly to: string;
	/** The last release of the whole path asked for; `to` is the present stepping stone. */
	readonly goal: string;
	/** 1 to 99 on the way, 100 at the end. Never falls. */
	readonly progress: number;
	readonly description: string;
	/** `unsigned` is shown wherever this is. */
	readonly trust: string;
	/** ISO 8601 in UTC. */
	readonly startedAt: string;
	readonly at: string;
	readonly endedAt: string | null;
	readonly outcome: Outcome | null;
	readonly error: ErrorRecord | null;
	/** What happens next or what the operator should do, as a sentence. */
	readonly next: string;
	/** Where backup and logs lie for the operator; only there while the box needs attention. */
	readonly kept?: { readonly backup: string; readonly logs: string };
}

/** One line of `statuses/history.json`. */
export interface EndedChange {
	readonly change: string;
	readonly kind: ChangeKind;
	readonly from: string;
	readonly to: string;
	readonly outcome: Outcome['kind'];
	readonly error: ErrorRecord | null;
	readonly trust: string;
	readonly startedAt: string;
	readonly endedAt: string;
}

/** `statuses/history.json`. */
export interface History {
	readonly schema: 1;
	readonly changes: readonly EndedChange[];
}
