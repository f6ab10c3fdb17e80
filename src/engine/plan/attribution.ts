/** Whose doing it is that a release could not be installed: what the memory of failures counts. */
import type { ErrorCode } from '../../model/base/error.ts';
import type { Outcome } from '../../model/change/outcome.ts';

/** `release`: the same release on the same box would do the same again. `other`: chance, the box, or the one who asked. */
export const ATTRIBUTION: Readonly<Record<ErrorCode, 'release' | 'other'>> = {
	usage: 'other',
	'root-missing': 'other',
	'config-missing': 'other',
	'config-invalid': 'other',
	'config-unsafe': 'other',
	'tree-unsafe': 'other',
	'tool-missing': 'other',
	'signal-name-refused': 'other',
	'signal-file-refused': 'other',
	'signal-owner-refused': 'other',
	'payload-too-large': 'other',
	'payload-not-text': 'other',
	'trigger-missing': 'other',
	'trigger-unsafe': 'other',
	'trigger-failed': 'other',
	'trigger-timeout': 'other',
	'trigger-killed': 'other',
	'trigger-lost': 'other',
	'wish-unreadable': 'other',
	'wish-not-newer': 'other',
	'wish-not-on-path': 'other',
	'up-to-date': 'other',
	'ahead-of-channel': 'other',
	'no-compatible-path': 'other',
	barrier: 'other',
	'missing-tag': 'other',
	'prerelease-refused': 'other',
	'failed-before': 'other',
	'version-mismatch': 'release',
	'requires-cycle': 'release',
	'info-missing': 'release',
	'info-unreadable': 'release',
	'source-unreachable': 'other',
	'source-timeout': 'other',
	'source-empty': 'other',
	'source-refused': 'other',
	'file-missing': 'other',
	'file-too-long': 'other',
	'file-changed': 'other',
	'redirect-refused': 'other',
	'archive-refused': 'other',
	'fetcher-unready': 'other',
	'fetcher-failed': 'other',
	'trust-unavailable': 'other',
	// Whoever stands between us and the author may have garbled it.
	'manifest-unreadable': 'other',
	// Whoever stands between box and publisher can make these happen, and must not get a good release withheld.
	'trust-root-invalid': 'other',
	'metadata-missing': 'other',
	'metadata-refused': 'other',
	'metadata-unsigned': 'other',
	'metadata-expired': 'other',
	'metadata-rolled-back': 'other',
	'metadata-mismatch': 'other',
	'target-missing': 'other',
	'manifest-mismatch': 'other',
	'signature-missing': 'other',
	'signature-invalid': 'other',
	'key-unusable': 'other',
	'release-for-others': 'other',
	'content-changed': 'other',
	'content-refused': 'release',
	// What was signed is one thing, what a mirror sent another: a dishonest mirror must not make a good release withheld.
	'content-mismatch': 'other',
	// The next four ask for something of this box that its owner can give: they are looked at anew each time, before anything is touched.
	'space-missing': 'other',
	'old-backup': 'other',
	'would-delete': 'other',
	'terms-unreadable': 'release',
	'hook-missing': 'release',
	'hook-refused': 'release',
	'hook-failed': 'release',
	'hook-timeout': 'release',
	'hook-later': 'release',
	'not-switched': 'release',
	// Whether the machine can be restarted is not the release's to say.
	'reboot-failed': 'other',
	'probe-failed': 'release',
	interrupted: 'other',
	'restart-failed': 'other',
	'restore-failed': 'other',
	'nothing-to-roll-back': 'other',
	'below-floor': 'other',
	'data-too-new': 'other',
	'installed-differs': 'other',
	busy: 'other',
	'nothing-to-resolve': 'other',
	'needs-attention': 'other',
	'karen-silent': 'other',
	'manager-silent': 'other',
	'clock-not-set': 'other',
	'state-damaged': 'other',
	'disk-full': 'other',
	'io-error': 'other',
	'demo-failed': 'other',
	// The author’s own commands run on no box.
	'release-refused': 'other',
	'already-published': 'other',
	'draft-stale': 'other',
	'channel-unreadable': 'other',
	'passphrase-needed': 'other',
	'would-overwrite': 'other',
	'not-verified': 'other',
	internal: 'other',
};

/**
 * Returns whom the end of an update counts against. What was rolled back took the box's services down, so it counts even where
 * the release may be innocent (`chance`); what was dropped touched nothing and counts only where the release is to blame.
 */
export function attributionOf(outcome: Outcome): 'release' | 'chance' | 'nobody' {
	switch (outcome.kind) {
		case 'committed':
			return 'nobody';
		case 'dropped':
			return ATTRIBUTION[outcome.cause.code] === 'release' ? 'release' : 'nobody';
		case 'rolled-back':
		case 'needs-attention':
			return ATTRIBUTION[outcome.cause.code] === 'release' ? 'release' : 'chance';
	}
}
