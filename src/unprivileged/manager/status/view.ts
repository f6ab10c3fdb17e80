/** `GET /api/v1/status`: the state of the machine and of the current change. */

import type { ErrorRecord } from '../../../model/base/error.ts';
import type { ChangeState, ChangeStatus, EndedChange } from '../../../model/change/change.ts';
import type { Available } from '../../../model/release/plan.ts';
import type { SignalReport, SignalState } from '../../../model/signal/signal.ts';
import type { Freshness } from '../../../model/status/freshness.ts';
import { isInProgress, type KarenStatus } from '../../../model/status/published.ts';
import type { Presence } from './karen-presence.ts';

/** A ChangeStatus, with null in all keys if there has never been a change, and what is shown around it. */
export interface StatusView extends Omit<Nullable<ChangeStatus>, 'schema' | 'state'> {
	readonly schema: 1;
	/** `idle`: no change yet. The state of an ended change stays until the next one. */
	readonly state: ChangeState | 'idle';
	readonly underWay: boolean;
	/** Null when info.json cannot be read. */
	readonly installed: string | null;
	/** When root last verified its source; null: never. */
	readonly news: FreshnessView | null;
	readonly karen: {
		readonly state: Presence;
		readonly version: string | null;
		readonly startedAt: string | null;
	};
	/** The last ended change, also while another one is in progress. */
	readonly last: EndedChange | null;
	/** The report of the last `update` signal. It includes refusals that never became a change. */
	readonly signal: SignalView | null;
}

export interface FreshnessView extends Freshness {
	/** When the verified metadata expired; null while they are valid, and where nothing expires. */
	readonly staleSince: string | null;
}

type Nullable<T> = { readonly [K in keyof T]: T[K] | null };

interface SignalView {
	readonly state: SignalState;
	readonly run: string;
	readonly receivedAt: string;
	readonly startedAt: string | null;
	readonly endedAt: string | null;
	readonly exitCode: number | null;
	readonly error: ErrorRecord | null;
}

const NO_CHANGE: Omit<Nullable<ChangeStatus>, 'schema' | 'state'> & Pick<StatusView, 'schema' | 'state'> = {
	schema: 1,
	state: 'idle',
	change: null,
	kind: null,
	step: null,
	from: null,
	to: null,
	goal: null,
	progress: null,
	description: null,
	trust: null,
	startedAt: null,
	at: null,
	endedAt: null,
	outcome: null,
	error: null,
	next: null,
};

export interface StatusParts {
	readonly change: ChangeStatus | undefined;
	readonly last: EndedChange | undefined;
	readonly installed: string | undefined;
	/** The plan that root published last. */
	readonly available: Available | undefined;
	/** When its metadata expired. */
	readonly stale: string | null;
	readonly karen: KarenStatus | undefined;
	readonly presence: Presence;
	readonly report: SignalReport | undefined;
}

export function statusView(parts: StatusParts): StatusView {
	const { change, karen, report, available, stale } = parts;
	const { schema, state, ...rest } = change ?? NO_CHANGE;
	const news = available?.news ?? null;
	return {
		schema,
		state,
		underWay: change !== undefined && isInProgress(change),
		installed: parts.installed ?? null,
		karen: { state: parts.presence, version: karen?.version ?? null, startedAt: karen?.startedAt ?? null },
		...rest,
		trust: rest.trust || available?.trust || null,
		news: news === null ? null : { ...news, staleSince: stale },
		last: parts.last ?? (change === undefined ? null : endedOf(change)),
		signal: report === undefined ? null : signalView(report),
	};
}

/** For a root without a history. */
function endedOf({
	change,
	kind,
	from,
	to,
	outcome,
	error,
	trust,
	startedAt,
	endedAt,
}: ChangeStatus): EndedChange | null {
	if (outcome === null || endedAt === null) return null;
	return { change, kind, from, to, outcome: outcome.kind, error, trust, startedAt, endedAt };
}

function signalView({
	state,
	run,
	receivedAt,
	startedAt,
	endedAt,
	exitCode,
	error,
}: SignalReport): SignalView {
	return { state, run, receivedAt, startedAt, endedAt, exitCode, error };
}
