/**
 * Errors as records: a code for programs, a sentence for people, a hint that says what to do, and facts for
 * the log.
 */
import type { ErrorCode } from './error-codes.ts';

/** Whether repeating the request can help: `now`, `later` (something else must change first) or `never`. */
export type Retry = 'now' | 'later' | 'never';

export type Facts = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/** An error as it stands in status files, the journal, the log and `--json` output. */
export interface ErrorRecord {
	readonly code: ErrorCode;
	readonly message: string;
	/** What to do about it, as a full sentence. */
	readonly hint: string;
	readonly retry: Retry;
	readonly facts: Facts;
}

/**
 * An error with its record. Thrown for what ends the work at hand; expected outcomes are return values
 * instead.
 */
export class Problem extends Error {
	readonly record: ErrorRecord;

	constructor(record: ErrorRecord, cause?: unknown) {
		super(record.message, cause === undefined ? undefined : { cause });
		this.name = 'Problem';
		this.record = record;
	}
}

export interface ProblemDetails {
	readonly retry?: Retry;
	readonly facts?: Facts;
	readonly cause?: unknown;
}

/**
 * Makes the error for `code`. `message` says what is wrong, `hint` what to do; both are full clauses without
 * a dot.
 */
export function problem(
	code: ErrorCode,
	message: string,
	hint: string,
	details: ProblemDetails = {},
): Problem {
	const { retry = 'never', facts = {}, cause } = details;
	return new Problem({ code, message, hint, retry, facts }, cause);
}

const BY_ERRNO: Readonly<Record<string, readonly [ErrorCode, string]>> = {
	ENOSPC: ['disk-full', 'free some space, then ask again'],
	EDQUOT: ['disk-full', 'raise the quota or free some space, then ask again'],
	EROFS: ['io-error', 'the file system is read-only: look at the kernel log, then remount it'],
	EIO: ['io-error', 'the disk reports errors: look at the kernel log before you go on'],
	EMFILE: ['io-error', 'too many open files: raise the limit of open files'],
	EACCES: ['io-error', 'run this as the user who owns the root, or as root'],
	EPERM: ['io-error', 'run this as the user who owns the root, or as root'],
};

/**
 * Returns the record of anything that was thrown, so that no stack trace ever stands where a sentence
 * belongs.
 */
export function recordOf(thrown: unknown): ErrorRecord {
	if (thrown instanceof Problem) return thrown.record;
	const message = thrown instanceof Error ? thrown.message : String(thrown);
	const errno = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
	const [code, hint] = BY_ERRNO[errno] ?? [
		'internal',
		'this is a defect of Signalbox: please report it with the log',
	];
	return { code, message, hint, retry: 'later', facts: errno === '' ? {} : { errno } };
}
