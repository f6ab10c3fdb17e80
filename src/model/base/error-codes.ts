/**
 * Every error code: one row holds all that programs need to know of it. A new code does not compile until its
 * row is complete, and docs/operator/troubleshooting.md must explain it, which a test checks.
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

/**
 * What an error is about. `path`: the source was read, and no further release can be installed from here.
 * `archive`: the archive of a release is useless and not worth keeping.
 */
export type ErrorScope =
	| 'setup'
	| 'signal'
	| 'request'
	| 'path'
	| 'release'
	| 'source'
	| 'archive'
	| 'trust'
	| 'change'
	| 'daemon'
	| 'machine'
	| 'author';

export interface ErrorRow {
	readonly scope: ErrorScope;
	/** How a command ends that this error ends. */
	readonly exit: ExitCode;
	/** The status of an HTTP answer that carries this error. */
	readonly http: number;
	/**
	 * `release`: the same release would fail on this machine again. `other`: a cut, the machine, the source or
	 * the request.
	 */
	readonly attribution: 'release' | 'other';
}

export const ERRORS = {
	usage: { scope: 'setup', exit: EXIT.usage, http: 400, attribution: 'other' },
	'root-missing': { scope: 'setup', exit: EXIT.usage, http: 503, attribution: 'other' },
	'config-missing': { scope: 'setup', exit: EXIT.usage, http: 400, attribution: 'other' },
	'config-invalid': { scope: 'setup', exit: EXIT.usage, http: 400, attribution: 'other' },
	'config-unsafe': { scope: 'setup', exit: EXIT.refused, http: 422, attribution: 'other' },
	'tree-unsafe': { scope: 'setup', exit: EXIT.refused, http: 422, attribution: 'other' },
	'tool-missing': { scope: 'setup', exit: EXIT.refused, http: 503, attribution: 'other' },
	'signal-name-refused': { scope: 'signal', exit: EXIT.refused, http: 422, attribution: 'other' },
	'signal-file-refused': { scope: 'signal', exit: EXIT.refused, http: 422, attribution: 'other' },
	'signal-owner-refused': { scope: 'signal', exit: EXIT.refused, http: 422, attribution: 'other' },
	'payload-too-large': { scope: 'signal', exit: EXIT.refused, http: 422, attribution: 'other' },
	'payload-not-text': { scope: 'signal', exit: EXIT.refused, http: 422, attribution: 'other' },
	'trigger-missing': { scope: 'signal', exit: EXIT.refused, http: 422, attribution: 'other' },
	'trigger-unsafe': { scope: 'signal', exit: EXIT.refused, http: 422, attribution: 'other' },
	'trigger-failed': { scope: 'signal', exit: EXIT.failed, http: 500, attribution: 'other' },
	'trigger-timeout': { scope: 'signal', exit: EXIT.failed, http: 504, attribution: 'other' },
	'trigger-killed': { scope: 'signal', exit: EXIT.failed, http: 500, attribution: 'other' },
	'trigger-lost': { scope: 'signal', exit: EXIT.failed, http: 500, attribution: 'other' },
	'wish-unreadable': { scope: 'request', exit: EXIT.refused, http: 422, attribution: 'other' },
	'wish-not-newer': { scope: 'request', exit: EXIT.refused, http: 422, attribution: 'other' },
	'wish-not-on-path': { scope: 'request', exit: EXIT.refused, http: 422, attribution: 'other' },
	'up-to-date': { scope: 'path', exit: EXIT.done, http: 422, attribution: 'other' },
	'ahead-of-channel': { scope: 'path', exit: EXIT.done, http: 422, attribution: 'other' },
	'no-compatible-path': { scope: 'path', exit: EXIT.refused, http: 422, attribution: 'other' },
	barrier: { scope: 'path', exit: EXIT.refused, http: 422, attribution: 'other' },
	'missing-tag': { scope: 'release', exit: EXIT.refused, http: 422, attribution: 'other' },
	'prerelease-refused': { scope: 'path', exit: EXIT.refused, http: 422, attribution: 'other' },
	// Older managers know no words for a release that is not offered at present.
	'failed-before': { scope: 'path', exit: EXIT.refused, http: 422, attribution: 'other' },
	'version-mismatch': { scope: 'release', exit: EXIT.refused, http: 422, attribution: 'release' },
	'requires-cycle': { scope: 'path', exit: EXIT.refused, http: 422, attribution: 'release' },
	'info-missing': { scope: 'release', exit: EXIT.refused, http: 503, attribution: 'release' },
	'info-unreadable': { scope: 'release', exit: EXIT.refused, http: 503, attribution: 'release' },
	'source-unreachable': { scope: 'source', exit: EXIT.failed, http: 502, attribution: 'other' },
	'source-timeout': { scope: 'source', exit: EXIT.failed, http: 504, attribution: 'other' },
	'source-empty': { scope: 'source', exit: EXIT.failed, http: 502, attribution: 'other' },
	'source-refused': { scope: 'source', exit: EXIT.refused, http: 502, attribution: 'other' },
	'file-missing': { scope: 'source', exit: EXIT.failed, http: 500, attribution: 'other' },
	'file-too-long': { scope: 'source', exit: EXIT.refused, http: 422, attribution: 'other' },
	'file-changed': { scope: 'source', exit: EXIT.refused, http: 422, attribution: 'other' },
	'redirect-refused': { scope: 'source', exit: EXIT.refused, http: 422, attribution: 'other' },
	'archive-refused': { scope: 'archive', exit: EXIT.refused, http: 422, attribution: 'other' },
	'fetcher-unready': { scope: 'source', exit: EXIT.refused, http: 422, attribution: 'other' },
	'fetcher-failed': { scope: 'source', exit: EXIT.failed, http: 500, attribution: 'other' },
	'release-for-others': { scope: 'trust', exit: EXIT.refused, http: 422, attribution: 'other' },
	'trust-unavailable': { scope: 'trust', exit: EXIT.refused, http: 422, attribution: 'other' },
	// A mirror or an attacker between the author and this machine may have damaged it.
	'manifest-unreadable': { scope: 'trust', exit: EXIT.refused, http: 422, attribution: 'other' },
	// An attacker between publisher and machine can cause these; they must not get a good release withheld.
	'trust-root-invalid': { scope: 'trust', exit: EXIT.refused, http: 422, attribution: 'other' },
	'metadata-missing': { scope: 'trust', exit: EXIT.failed, http: 500, attribution: 'other' },
	'metadata-refused': { scope: 'trust', exit: EXIT.refused, http: 422, attribution: 'other' },
	'metadata-unsigned': { scope: 'trust', exit: EXIT.refused, http: 422, attribution: 'other' },
	'metadata-expired': { scope: 'trust', exit: EXIT.refused, http: 422, attribution: 'other' },
	'metadata-rolled-back': { scope: 'trust', exit: EXIT.refused, http: 422, attribution: 'other' },
	'metadata-mismatch': { scope: 'trust', exit: EXIT.refused, http: 422, attribution: 'other' },
	'target-missing': { scope: 'trust', exit: EXIT.refused, http: 422, attribution: 'other' },
	'manifest-mismatch': { scope: 'trust', exit: EXIT.refused, http: 422, attribution: 'other' },
	'signature-missing': { scope: 'trust', exit: EXIT.refused, http: 422, attribution: 'other' },
	'signature-invalid': { scope: 'trust', exit: EXIT.refused, http: 422, attribution: 'other' },
	'key-unusable': { scope: 'trust', exit: EXIT.refused, http: 422, attribution: 'other' },
	'content-changed': { scope: 'trust', exit: EXIT.refused, http: 422, attribution: 'other' },
	'content-refused': { scope: 'trust', exit: EXIT.refused, http: 422, attribution: 'release' },
	// The signed contents may be good while a mirror sends others.
	'content-mismatch': { scope: 'archive', exit: EXIT.refused, http: 422, attribution: 'other' },
	// The owner of the machine can change what these three ask for, and they are checked before anything
	// changes.
	'space-missing': { scope: 'change', exit: EXIT.refused, http: 422, attribution: 'other' },
	'old-backup': { scope: 'change', exit: EXIT.refused, http: 422, attribution: 'other' },
	'would-delete': { scope: 'change', exit: EXIT.refused, http: 422, attribution: 'other' },
	'hook-missing': { scope: 'change', exit: EXIT.refused, http: 422, attribution: 'release' },
	'hook-refused': { scope: 'change', exit: EXIT.refused, http: 422, attribution: 'release' },
	'terms-unreadable': { scope: 'change', exit: EXIT.refused, http: 422, attribution: 'release' },
	'hook-failed': { scope: 'change', exit: EXIT.failed, http: 500, attribution: 'release' },
	'hook-timeout': { scope: 'change', exit: EXIT.failed, http: 500, attribution: 'release' },
	'hook-later': { scope: 'change', exit: EXIT.failed, http: 500, attribution: 'release' },
	'not-switched': { scope: 'change', exit: EXIT.failed, http: 500, attribution: 'release' },
	// The release does not decide whether the machine can restart.
	'reboot-failed': { scope: 'change', exit: EXIT.failed, http: 500, attribution: 'other' },
	'probe-failed': { scope: 'change', exit: EXIT.failed, http: 500, attribution: 'release' },
	interrupted: { scope: 'change', exit: EXIT.failed, http: 500, attribution: 'other' },
	'restart-failed': { scope: 'change', exit: EXIT.failed, http: 500, attribution: 'other' },
	'restore-failed': { scope: 'change', exit: EXIT.failed, http: 500, attribution: 'other' },
	'nothing-to-roll-back': { scope: 'change', exit: EXIT.refused, http: 422, attribution: 'other' },
	'below-floor': { scope: 'change', exit: EXIT.refused, http: 422, attribution: 'other' },
	'data-too-new': { scope: 'change', exit: EXIT.refused, http: 422, attribution: 'other' },
	'installed-differs': { scope: 'change', exit: EXIT.refused, http: 422, attribution: 'other' },
	busy: { scope: 'change', exit: EXIT.busy, http: 409, attribution: 'other' },
	'nothing-to-resolve': { scope: 'change', exit: EXIT.refused, http: 422, attribution: 'other' },
	'needs-attention': { scope: 'change', exit: EXIT.needsAttention, http: 500, attribution: 'other' },
	'karen-silent': { scope: 'daemon', exit: EXIT.silent, http: 503, attribution: 'other' },
	'manager-silent': { scope: 'daemon', exit: EXIT.silent, http: 503, attribution: 'other' },
	'clock-not-set': { scope: 'machine', exit: EXIT.failed, http: 500, attribution: 'other' },
	'state-damaged': { scope: 'machine', exit: EXIT.needsAttention, http: 500, attribution: 'other' },
	'disk-full': { scope: 'machine', exit: EXIT.failed, http: 500, attribution: 'other' },
	'io-error': { scope: 'machine', exit: EXIT.failed, http: 500, attribution: 'other' },
	'demo-failed': { scope: 'machine', exit: EXIT.failed, http: 500, attribution: 'other' },
	// The commands of release authors run on no machine that is updated.
	'release-refused': { scope: 'author', exit: EXIT.refused, http: 422, attribution: 'other' },
	'already-published': { scope: 'author', exit: EXIT.refused, http: 422, attribution: 'other' },
	'draft-stale': { scope: 'author', exit: EXIT.refused, http: 422, attribution: 'other' },
	'channel-unreadable': { scope: 'author', exit: EXIT.refused, http: 422, attribution: 'other' },
	'passphrase-needed': { scope: 'author', exit: EXIT.usage, http: 400, attribution: 'other' },
	'would-overwrite': { scope: 'author', exit: EXIT.refused, http: 422, attribution: 'other' },
	'not-verified': { scope: 'author', exit: EXIT.refused, http: 422, attribution: 'other' },
	internal: { scope: 'machine', exit: EXIT.failed, http: 500, attribution: 'other' },
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERRORS;

/** Returns whether `value` is a code that this version knows. */
export function isErrorCode(value: unknown): value is ErrorCode {
	return typeof value === 'string' && Object.hasOwn(ERRORS, value);
}

/** Returns the exit code of a command that an error of this code ends. */
export function exitCodeOf(code: ErrorCode): ExitCode {
	return ERRORS[code].exit;
}
