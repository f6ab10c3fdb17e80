/** git's messages about certificates, in the words of both TLS libraries, and ssh's messages about keys. */
import { expect, test } from 'vitest';
import type { ClockSense } from '../../../src/model/base/earliest-time.ts';
import { recordOf } from '../../../src/model/base/error.ts';
import { remoteProblem } from '../../../src/system/git/problem.ts';

const GNUTLS =
	"fatal: unable to access 'https://x/': server certificate verification failed. CAfile: /etc/ssl/certs/ca-certificates.crt CRLfile: none";
const OPENSSL = "fatal: unable to access 'https://x/': SSL certificate problem: ";

test.each<[string, ClockSense, string]>([
	[GNUTLS, 'not-set', 'clock-not-set'],
	[GNUTLS, 'set', 'source-unreachable'],
	[`${OPENSSL}certificate is not yet valid`, 'set', 'clock-not-set'],
	[`${OPENSSL}certificate is not yet valid`, 'not-set', 'clock-not-set'],
	[`${OPENSSL}self-signed certificate`, 'set', 'source-unreachable'],
	[`${OPENSSL}certificate has expired`, 'set', 'source-unreachable'],
	["fatal: unable to access 'https://x/': Could not resolve host: x", 'not-set', 'source-unreachable'],
])('classifies a certificate error: %s, clock %s: %s', (stderr, clock, code) => {
	const remote = { store: '/s', url: 'https://x/', path: [], timeout: 1000, clock: () => clock };
	const record = recordOf(remoteProblem(remote, { kind: 'failed', exitCode: 128, stdout: '', stderr }));
	expect(record).toMatchObject({ code, retry: 'later', facts: { git: stderr } });
});

test.each([
	['git@x.org: Permission denied (publickey).', 'source-refused'],
	['Host key verification failed.', 'source-refused'],
	['No ED25519 host key is known for x.org and you have requested strict checking.', 'source-refused'],
	['No user exists for uid 64123', 'source-refused'],
	['ssh: connect to host x.org port 22: Connection refused', 'source-unreachable'],
])('classifies an ssh error: %s: %s', (said, code) => {
	const remote = {
		store: '/s',
		url: 'ssh://git@x.org/y',
		path: [],
		timeout: 1000,
		clock: () => 'set' as const,
	};
	const stderr = `${said}\nfatal: Could not read from remote repository.`;
	const record = recordOf(remoteProblem(remote, { kind: 'failed', exitCode: 128, stdout: '', stderr }));
	expect(record).toMatchObject({ code, facts: { git: stderr } });
	expect(
		recordOf(
			remoteProblem(
				{ ...remote, url: 'https://x.org/y' },
				{ kind: 'failed', exitCode: 128, stdout: '', stderr },
			),
		).code,
	).toBe('source-unreachable');
});
