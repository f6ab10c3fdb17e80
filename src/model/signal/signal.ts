/**
 * Signals: their names, the stamps that distinguish two touches of one file, and the reports of their
 * results.
 */
import type { Brand } from '../base/brand.ts';
import type { ErrorRecord } from '../base/error.ts';

/** A signal's name, also that of its trigger and report. It is safe as a file name and never hidden. */
export type SignalName = Brand<string, 'SignalName'>;

/** Larger payloads are refused unread. */
export const PAYLOAD_MAX_BYTES = 64 * 1024;

const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/;

/** Returns `text` as a name, or undefined: no slash, no `..`, no white space, at most 100 characters. */
export function parseSignalName(text: string): SignalName | undefined {
	return NAME.test(text) && !text.includes('..') ? (text as SignalName) : undefined;
}

/**
 * Writers that rename use temporary names with a leading dot; karen ignores them and does not refuse them.
 */
export function isTemporaryName(text: string): boolean {
	return text.startsWith('.');
}

/** Distinguishes two touches of a file by inode, size and both times in nanoseconds. */
export type Stamp = Brand<string, 'Stamp'>;

export interface StampParts {
	readonly ino: bigint;
	readonly size: bigint;
	readonly mtimeNs: bigint;
	readonly ctimeNs: bigint;
}

export function stampOf(parts: StampParts): Stamp {
	return `${parts.ino}:${parts.size}:${parts.mtimeNs}:${parts.ctimeNs}` as Stamp;
}

/**
 * The state of a signal. `queued` and `running` are pending; the others are final. `lost` means that karen
 * restarted while the trigger ran, so that its result is unknown.
 */
export type SignalState = 'queued' | 'running' | 'done' | 'failed' | 'timed-out' | 'refused' | 'lost';

/** `statuses/signals/<name>.json`: karen's report of the last run of a signal. Times are ISO 8601 in UTC. */
export interface SignalReport {
	readonly schema: 1;
	readonly name: string;
	/** The id of the run, also in the log; empty for a refused signal. */
	readonly run: string;
	readonly state: SignalState;
	/** The stamp of the touch that caused this run. */
	readonly stamp: string;
	/** The stamp of the newest touch. It differs from `stamp` while another run is pending. */
	readonly seen: string;
	readonly receivedAt: string;
	readonly startedAt: string | null;
	readonly endedAt: string | null;
	readonly exitCode: number | null;
	/** The Unix signal that ended the trigger, if one did. */
	readonly killedBy: string | null;
	/** The tail of the trigger's output, without control characters. */
	readonly output: string;
	readonly error: ErrorRecord | null;
	/** The process of a running trigger, by which a restarted karen finds it. */
	readonly process: ProcessMark | null;
}

/** Identifies a process forever: pids are reused, but not together with a start time and a boot id. */
export interface ProcessMark {
	readonly pid: number;
	/** Clock ticks since boot, field 22 of /proc/PID/stat. */
	readonly startTicks: string;
	readonly bootId: string;
}
