/**
 * What the system says when something does not go as asked: a code for programs, a sentence for people, a hint that
 * says what to do, and facts for the log. Every code and its exit code stand in this one table.
 */

/** Exit codes of the `signalbox` command and of the updater (docs/operator/exit-codes.md). */
export const EXIT = {
	done: 0,
	failed: 1,
	usage: 2,
	refused: 3,
	rolledBack: 4,
	silent: 5,
	busy: 6,
	needsAttention: 7,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Every error code, with the exit code a command ends with when this error ends it. */
export const ERROR_CODES = {
	// the command line, the root, the configuration
	usage: EXIT.usage,
	'root-missing': EXIT.usage,
	'config-missing': EXIT.usage,
	'config-invalid': EXIT.usage,
	'config-unsafe': EXIT.refused,
	'tree-unsafe': EXIT.refused,
	'tool-missing': EXIT.refused,
	// signals and triggers
	'signal-name-refused': EXIT.refused,
	'signal-file-refused': EXIT.refused,
	'signal-owner-refused': EXIT.refused,
	'payload-too-large': EXIT.refused,
	'payload-not-text': EXIT.refused,
	'trigger-missing': EXIT.refused,
	'trigger-unsafe': EXIT.refused,
	'trigger-failed': EXIT.failed,
	'trigger-timeout': EXIT.failed,
	'trigger-killed': EXIT.failed,
	'trigger-lost': EXIT.failed,
	// the wish and the plan
	'wish-unreadable': EXIT.refused,
	'wish-not-newer': EXIT.refused,
	'wish-not-on-path': EXIT.refused,
	'up-to-date': EXIT.done,
	'ahead-of-channel': EXIT.done,
	'no-compatible-path': EXIT.refused,
	barrier: EXIT.refused,
	'missing-tag': EXIT.refused,
	'prerelease-refused': EXIT.refused,
	'failed-before': EXIT.refused,
	'version-mismatch': EXIT.refused,
	'requires-cycle': EXIT.refused,
	'info-missing': EXIT.refused,
	'info-unreadable': EXIT.refused,
	// the source
	'source-unreachable': EXIT.failed,
	'source-timeout': EXIT.failed,
	'source-empty': EXIT.failed,
	'source-refused': EXIT.refused,
	'file-missing': EXIT.failed,
	'file-too-long': EXIT.refused,
	'file-changed': EXIT.refused,
	'redirect-refused': EXIT.refused,
	'archive-refused': EXIT.refused,
	'fetcher-unready': EXIT.refused,
	'fetcher-failed': EXIT.failed,
	// trust
	'release-for-others': EXIT.refused,
	'trust-unavailable': EXIT.refused,
	'manifest-unreadable': EXIT.refused,
	'trust-root-invalid': EXIT.refused,
	'metadata-missing': EXIT.failed,
	'metadata-refused': EXIT.refused,
	'metadata-unsigned': EXIT.refused,
	'metadata-expired': EXIT.refused,
	'metadata-rolled-back': EXIT.refused,
	'metadata-mismatch': EXIT.refused,
	'target-missing': EXIT.refused,
	'manifest-mismatch': EXIT.refused,
	'signature-missing': EXIT.refused,
	'signature-invalid': EXIT.refused,
	'key-unusable': EXIT.refused,
	'content-changed': EXIT.refused,
	'content-refused': EXIT.refused,
	'content-mismatch': EXIT.refused,
	// the update
	'space-missing': EXIT.refused,
	'old-backup': EXIT.refused,
	'would-delete': EXIT.refused,
	'hook-missing': EXIT.refused,
	'hook-refused': EXIT.refused,
	'terms-unreadable': EXIT.refused,
	'hook-failed': EXIT.failed,
	'hook-timeout': EXIT.failed,
	'hook-later': EXIT.failed,
	'not-switched': EXIT.failed,
	'reboot-failed': EXIT.failed,
	'probe-failed': EXIT.failed,
	interrupted: EXIT.failed,
	'restart-failed': EXIT.failed,
	'restore-failed': EXIT.failed,
	'nothing-to-roll-back': EXIT.refused,
	'below-floor': EXIT.refused,
	'data-too-new': EXIT.refused,
	'installed-differs': EXIT.refused,
	busy: EXIT.busy,
	'nothing-to-resolve': EXIT.refused,
	'needs-attention': EXIT.needsAttention,
	// the two daemons, as seen by those who ask them
	'karen-silent': EXIT.silent,
	'manager-silent': EXIT.silent,
	// the machine
	'clock-not-set': EXIT.failed,
	'state-damaged': EXIT.needsAttention,
	'disk-full': EXIT.failed,
	'io-error': EXIT.failed,
	'demo-failed': EXIT.failed,
	// the author’s side
	'release-refused': EXIT.refused,
	'already-published': EXIT.refused,
	'draft-stale': EXIT.refused,
	'channel-unreadable': EXIT.refused,
	'passphrase-needed': EXIT.usage,
	'would-overwrite': EXIT.refused,
	'not-verified': EXIT.refused,
	internal: EXIT.failed,
} as const satisfies Record<string, ExitCode>;

export type ErrorCode = keyof typeof ERROR_CODES;

/** Returns whether `value` is a code that this version knows. */
export function isErrorCode(value: unknown): value is ErrorCode {
	return typeof value === 'string' && Object.hasOwn(ERROR_CODES, value);
}

/** Whether asking again can help: `now` (it was chance), `later` (the world must change first), `never` (the asker must). */
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

/** An error with its record. Thrown for what ends the work at hand; expected outcomes are return values instead. */
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

/** Makes the error for `code`. `message` says what is wrong, `hint` what to do; both are full clauses without a dot. */
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

/** Returns the record of anything that was thrown, so that no stack trace ever stands where a sentence belongs. */
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
