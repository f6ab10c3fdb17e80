/** Turns faults of the fetcher into errors with advice. */

import type { ClockSense } from '../../model/base/earliest-time.ts';
import { type Problem, problem } from '../../model/base/error.ts';
import type { Fault } from '../../model/publication/fetch-protocol.ts';

const AGAIN = 'look at the network, the URL and the facts, then ask again';
const AUTHOR = 'see who serves it and what stands in between; ask its author';

/**
 * Returns the error for a fault. `sense` is needed because no certificate is valid while the clock is not
 * set.
 */
export function fetchProblem(url: string, fault: Fault, sense: () => ClockSense): Problem {
	const facts = { url, fault: fault.kind, why: fault.why };
	const later = { facts, retry: 'later' } as const;
	const never = { facts };
	switch (fault.kind) {
		case 'unreachable':
			return problem('source-unreachable', `cannot fetch ${url}: its server cannot be reached`, AGAIN, later);
		case 'cut':
			return problem('source-unreachable', `cannot fetch ${url}: the answer broke off`, AGAIN, later);
		case 'certificate':
			return certificateProblem(url, fault.why, sense());
		case 'slow':
			return problem(
				'source-timeout',
				`cannot fetch ${url}: ${SLOW[fault.why]}`,
				'ask again later; the limits are in [fetcher]',
				later,
			);
		case 'status':
			return statusProblem(url, fault.why);
		case 'redirect':
			return problem(
				'redirect-refused',
				`cannot fetch ${url}: ${REDIRECT[fault.why]}`,
				'name the origin in fetcher.redirects if it is right',
				never,
			);
		case 'answer':
			return problem('source-refused', `cannot fetch ${url}: ${ANSWER[fault.why]}`, AUTHOR, never);
		case 'long':
			return problem('file-too-long', `cannot take ${url}: it is longer than it may be`, AUTHOR, never);
		case 'archive':
			return problem(
				'source-refused',
				`cannot fetch ${url}: its fetcher speaks of an archive`,
				AUTHOR,
				never,
			);
		case 'url':
			return problem(
				'source-refused',
				`cannot fetch ${url}: it is no http:// or https:// URL without a password`,
				'mend the URL',
				never,
			);
	}
}

const SLOW: Readonly<Record<(Fault & { kind: 'slow' })['why'], string>> = {
	connect: 'its server did not take the connection in time',
	answer: 'its server did not answer in time',
	idle: 'its server stopped in the middle',
	rate: 'it comes too slowly',
	total: 'it took too long in all',
};

const REDIRECT: Readonly<Record<(Fault & { kind: 'redirect' })['why'], string>> = {
	origin: 'it leads to another origin',
	plain: 'it leads from https to http',
	many: 'it leads from one place to the next',
	broken: 'it leads to no URL that can be fetched',
};

const ANSWER: Readonly<Record<(Fault & { kind: 'answer' })['why'], string>> = {
	encoding: 'its server sends it compressed, although it was asked not to',
	headers: 'the headers of the answer are too long',
	range: 'its server sent another part than was asked for',
	malformed: 'the answer is not HTTP',
};

function certificateProblem(url: string, why: string, sense: ClockSense): Problem {
	const details = { facts: { url, why }, retry: 'later' } as const;
	if (why === 'CERT_NOT_YET_VALID' || sense === 'not-set') {
		const hint = 'set the clock, or see that the box reaches its time server; then ask again';
		return problem(
			'clock-not-set',
			`cannot fetch ${url}: the clock is not set, so no certificate is valid`,
			hint,
			details,
		);
	}
	const hint = 'see who answers there; name the certificates of your own authority in fetcher.certificates';
	return problem(
		'source-unreachable',
		`cannot fetch ${url}: the certificate of its server is not valid`,
		hint,
		details,
	);
}

function statusProblem(url: string, status: string): Problem {
	const facts = { url, status: Number(status) };
	if (status === '404' || status === '410')
		return problem(
			'file-missing',
			`cannot fetch ${url}: the source has no such file`,
			'ask its author to publish it',
			{
				facts,
				retry: 'later',
			},
		);
	if (status === '401' || status === '403' || status === '407')
		return problem(
			'source-refused',
			`cannot fetch ${url}: its server refuses it (${status})`,
			'let this box in there',
			{
				facts,
				retry: 'later',
			},
		);
	return problem(
		'source-unreachable',
		`cannot fetch ${url}: its server answered ${status}`,
		'ask again later',
		{ facts, retry: 'later' },
	);
}

/** Whether the same request may succeed a moment later. */
export function mayPass({ kind, why }: Fault): boolean {
	if (kind === 'status') return /^(408|429|5..)$/.test(why);
	return kind === 'unreachable' || kind === 'slow' || kind === 'cut';
}
