/**
 * Formats of the files that root publishes in `statuses/`: the change, the plan, karen. Missing keys get
 * defaults.
 */

import { parseErrorRecord } from '../base/error-record.ts';
import { type FileFormat, objectFormat } from '../base/file-format.ts';
import { asObject, type Json, type JsonObject } from '../base/json.ts';
import { type ChangeState, type ChangeStatus, parseChangeKind } from '../change/change.ts';
import type { Outcome } from '../change/outcome.ts';
import { parseSpacePlan } from '../change/space.ts';
import type { StepId } from '../change/step.ts';
import type { Available } from '../release/plan.ts';
import { parseVersion } from '../release/version.ts';
import { parseFreshness } from './freshness.ts';

const IS_END: Readonly<Record<ChangeState, 'end' | 'in progress'>> = {
	checking: 'in progress',
	downloading: 'in progress',
	staging: 'in progress',
	inspecting: 'in progress',
	'backing-up': 'in progress',
	installing: 'in progress',
	rebooting: 'in progress',
	probing: 'in progress',
	committing: 'in progress',
	finishing: 'in progress',
	waiting: 'in progress',
	'rolling-back': 'in progress',
	committed: 'end',
	failed: 'end',
	'rolled-back': 'end',
	'needs-attention': 'end',
};

/** Returns whether the change is in progress: until it ends, no other status of the update counts. */
export function isInProgress(status: ChangeStatus): boolean {
	return IS_END[status.state] === 'in progress' && status.endedAt === null;
}

/** `statuses/change.json`. A state that only a newer root knows is shown as the nearest of ours. */
export const CHANGE_FILE: FileFormat<ChangeStatus> = objectFormat(256 * 1024, (raw) => {
	if (typeof raw['change'] !== 'string' || typeof raw['state'] !== 'string') return undefined;
	return changeStatusOf(raw, isChangeState(raw['state']) ? raw['state'] : nearestState(raw));
});

function nearestState(raw: JsonObject): ChangeState {
	if (typeof raw['endedAt'] !== 'string') return 'installing';
	const outcome = parseOutcome(raw['outcome']);
	return outcome === null || outcome.kind === 'dropped' ? 'failed' : outcome.kind;
}

function changeStatusOf(raw: JsonObject, state: ChangeState): ChangeStatus {
	const text = (key: string) => textOf(raw, key);
	const kind = parseChangeKind(raw['kind']);
	const progress = raw['progress'];
	return {
		schema: 1,
		change: text('change'),
		kind,
		state,
		// The id is only displayed.
		step: typeof raw['step'] === 'string' ? (raw['step'] as StepId) : null,
		from: text('from'),
		to: text('to'),
		goal: text('goal') || text('to'),
		progress:
			typeof progress === 'number'
				? Math.min(100, Math.max(1, Math.round(progress)))
				: IS_END[state] === 'end'
					? 100
					: 1,
		description: text('description'),
		trust: text('trust'),
		startedAt: text('startedAt'),
		at: text('at'),
		endedAt: typeof raw['endedAt'] === 'string' ? raw['endedAt'] : null,
		outcome: parseOutcome(raw['outcome']),
		error: parseErrorRecord(raw['error']),
		next: text('next'),
		...keptIn(raw['kept']),
	};
}

function keptIn(value: Json | undefined): Pick<ChangeStatus, 'kept'> {
	const { backup, logs } = asObject(value) ?? {};
	return typeof backup === 'string' && typeof logs === 'string' ? { kept: { backup, logs } } : {};
}

function isChangeState(value: Json | undefined): value is ChangeState {
	return typeof value === 'string' && Object.hasOwn(IS_END, value);
}

function parseOutcome(value: Json | undefined): Outcome | null {
	const raw = asObject(value);
	const version = parseVersion(raw?.['version']);
	const cause = parseErrorRecord(raw?.['cause']);
	switch (raw?.['kind']) {
		case 'committed':
			return version === undefined
				? null
				: { kind: 'committed', version, warnings: parseWarnings(raw['warnings']) };
		case 'dropped':
		case 'rolled-back':
			return version === undefined || cause === null ? null : { kind: raw['kind'], version, cause };
		case 'needs-attention':
			return cause === null
				? null
				: { kind: 'needs-attention', cause, rollback: parseErrorRecord(raw['rollback']) ?? cause };
		default:
			return null;
	}
}

function parseWarnings(value: Json | undefined) {
	return Array.isArray(value) ? value.map(parseErrorRecord).filter((record) => record !== null) : [];
}

/** `statuses/available.json`. A plan carries the notes of every release on the path. */
export const AVAILABLE_FILE: FileFormat<Available> = objectFormat(1024 * 1024, (raw) => {
	if (typeof raw['installed'] !== 'string') return undefined;
	const path = Array.isArray(raw['path']) ? raw['path'].map(parseHop).filter((hop) => hop !== undefined) : [];
	return {
		schema: 1,
		installed: raw['installed'],
		newest: typeof raw['newest'] === 'string' ? raw['newest'] : null,
		path,
		reason: parseErrorRecord(raw['reason']),
		space: parseSpacePlan(raw['space']),
		checkedAt: textOf(raw, 'checkedAt'),
		trust: textOf(raw, 'trust'),
		news: parseFreshness(raw['news']),
	};
});

function parseHop(value: Json): Available['path'][number] | undefined {
	const raw = asObject(value);
	if (raw === undefined || typeof raw['tag'] !== 'string' || typeof raw['version'] !== 'string')
		return undefined;
	return {
		tag: raw['tag'],
		version: raw['version'],
		info: asObject(raw['info']) ?? { version: raw['version'] },
	};
}

/** `statuses/karen.json`: the running karen. The file survives a karen that was killed. */
export interface KarenStatus {
	readonly pid: number;
	/** ISO 8601 in UTC. */
	readonly startedAt: string;
	readonly version: string;
}

export const KAREN_FILE: FileFormat<KarenStatus> = objectFormat(16 * 1024, (raw) => {
	const pid = raw['pid'];
	if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid < 1) return undefined;
	return { pid, startedAt: textOf(raw, 'startedAt'), version: textOf(raw, 'version') };
});
function textOf(raw: JsonObject, key: string): string {
	return typeof raw[key] === 'string' ? raw[key] : '';
}
