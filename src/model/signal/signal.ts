/** Signals: the doorbell. A name from a small grammar, a stamp that tells one touch from another, a report of what came of it. */
import type { Brand } from '../base/brand.ts';
import type { ErrorRecord } from '../base/error.ts';

/** A signal's name, which is also the name of its trigger and of its report: safe as a file name, never hidden. */
export type SignalName = Brand<string, 'SignalName'>;

/** Larger payloads are refused unread. */
export const PAYLOAD_MAX_BYTES = 64 * 1024;

const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/;

/** Returns the name that `text` spells, or undefined: no slash, no `..`, no white space, 100 characters at most. */
export function parseSignalName(text: string): SignalName | undefined {
	return NAME.test(text) && !text.includes('..') ? (text as SignalName) : undefined;
}

/** Names that start with a dot are the temporary files of writers that rename: passed over, not refused. */
export function isTemporaryName(text: string): boolean {
	return text.startsWith('.');
}

/** What tells one touch of a file from another: inode, size, and both times in nanoseconds. */
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
 * What became of a signal. `queued` and `running` are on the way; the others are ends. `lost` means that karen was
 * restarted while the trigger ran and that its end is not known.
 */
export type SignalState = 'queued' | 'running' | 'done' | 'failed' | 'timed-out' | 'refused' | 'lost';

/** `statuses/signals/<name>.json`: karen's report of the last run of a signal. Times are ISO 8601 in UTC. */
export interface SignalReport {
	readonly schema: 1;
	readonly name: string;
	/** The run's own id, also in the log; empty for a refused signal. */
	readonly run: string;
	readonly state: SignalState;
	/** The stamp of the touch that this run answers. */
	readonly stamp: string;
	/** The stamp of the newest touch seen. Differs from `stamp` while one more run is owed. */
	readonly seen: string;
	readonly receivedAt: string;
	readonly startedAt: string | null;
	readonly endedAt: string | null;
	readonly exitCode: number | null;
	/** The Unix signal that ended the trigger, if one did. */
	readonly killedBy: string | null;
	/** The last part of what the trigger printed, control characters cut. */
	readonly output: string;
	readonly error: ErrorRecord | null;
	/** The process of a running trigger, so that a restarted karen finds it again. */
	readonly process: ProcessMark | null;
}

/** Names one process for good: pids are used again, a pid with its start time on one boot is not. */
export interface ProcessMark {
	readonly pid: number;
	/** Clock ticks since boot, field 22 of /proc/PID/stat. */
	readonly startTicks: string;
	readonly bootId: string;
}
