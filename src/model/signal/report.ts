/** Parses `statuses/signals/<name>.json` for the programs that wait for a signal's result. */
import { parseErrorRecord } from '../base/error-record.ts';
import { type FileFormat, objectFormat } from '../base/file-format.ts';
import { asObject, type Json, type JsonObject } from '../base/json.ts';
import type { ProcessMark, SignalReport, SignalState } from './signal.ts';

const IS_END: Readonly<Record<SignalState, 'end' | 'pending'>> = {
	queued: 'pending',
	running: 'pending',
	done: 'end',
	failed: 'end',
	'timed-out': 'end',
	refused: 'end',
	lost: 'end',
};

/** Returns whether a run in this state has ended. */
export function isEnd(state: SignalState): boolean {
	return IS_END[state] === 'end';
}

/**
 * `statuses/signals/<name>.json`. karen keeps 64 KB of a trigger's output unless its configuration allows
 * more. Missing keys get empty values; a state of a newer karen makes the report unreadable.
 */
export const REPORT_FILE: FileFormat<SignalReport> = objectFormat(1024 * 1024, (raw) =>
	isSignalState(raw['state']) ? reportOf(raw, raw['state']) : undefined,
);

function isSignalState(value: Json | undefined): value is SignalState {
	return typeof value === 'string' && Object.hasOwn(IS_END, value);
}

function reportOf(raw: JsonObject, state: SignalState): SignalReport {
	const text = (key: string) => (typeof raw[key] === 'string' ? raw[key] : '');
	const textOrNull = (key: string) => (typeof raw[key] === 'string' ? raw[key] : null);
	return {
		schema: 1,
		name: text('name'),
		run: text('run'),
		state,
		stamp: text('stamp'),
		seen: text('seen'),
		receivedAt: text('receivedAt'),
		startedAt: textOrNull('startedAt'),
		endedAt: textOrNull('endedAt'),
		exitCode: typeof raw['exitCode'] === 'number' ? raw['exitCode'] : null,
		killedBy: textOrNull('killedBy'),
		output: text('output'),
		error: parseErrorRecord(raw['error']),
		process: parseMark(raw['process']),
	};
}

function parseMark(value: Json | undefined): ProcessMark | null {
	const { pid, startTicks, bootId } = asObject(value) ?? {};
	if (!Number.isSafeInteger(pid) || typeof startTicks !== 'string' || typeof bootId !== 'string') return null;
	return { pid: Number(pid), startTicks, bootId };
}
