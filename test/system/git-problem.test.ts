/** What git says of certificates, with the words of both libraries it is built with. */
import { expect, test } from 'vitest';
import { recordOf } from '../../src/model/error.ts';
import type { ClockSense } from '../../src/model/time-floor.ts';
import { remoteProblem } from '../../src/system/git-problem.ts';

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
])('%s, the clock is %s: %s', (stderr, clock, code) => {
	const remote = { store: '/s', url: 'https://x/', path: [], timeout: 1000, clock: () => clock };
	const record = recordOf(remoteProblem(remote, { kind: 'failed', exitCode: 128, stdout: '', stderr }));
	expect(record).toMatchObject({ code, retry: 'later', facts: { git: stderr } });
});
