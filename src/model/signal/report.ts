/** The one door for `statuses/signals/<name>.json`, as those who rang read it. */
import { parseErrorRecord } from '../base/error-record.ts';
import { asObject, decodeText, type Json, type JsonObject, parseJson } from '../base/json.ts';
import type { ProcessMark, SignalReport, SignalState } from './signal.ts';

/** Larger reports are not read. karen keeps 64 KB of a trigger's output unless its configuration says more. */
export const REPORT_MAX_BYTES = 1024 * 1024;

const IS_END: Readonly<Record<SignalState, 'end' | 'on the way'>> = {
	queued: 'on the way',
	running: 'on the way',
	done: 'end',
	failed: 'end',
	'timed-out': 'end',
	refused: 'end',
	lost: 'end',
};

/** Returns whether nothing more comes of the touch that the report answers. */
export function isEnd(state: SignalState): boolean {
	return IS_END[state] === 'end';
}

/**
 * Reads the bytes of a report. Returns undefined when they hold none: half a file, another shape, a state of a newer karen.
 * Missing keys get the value that says nothing.
 */
export function parseSignalReport(bytes: Uint8Array): SignalReport | undefined {
	const text = decodeText(bytes);
	const parsed = text === undefined ? undefined : parseJson(text);
	const raw = parsed?.kind === 'json' ? asObject(parsed.value) : undefined;
	return raw === undefined || !isSignalState(raw['state']) ? undefined : reportOf(raw, raw['state']);
}

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
