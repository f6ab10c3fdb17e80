/**
 * Translates the errors of tuf-js, which exports no classes for them, into records: expected, found, what to
 * do.
 */

import { Problem, problem } from '../../model/base/error.ts';
import type { ErrorCode } from '../../model/base/error-codes.ts';
import { MAX_ROLES, quoted } from '../../model/publication/tuf.ts';

/** Where the client was when it failed. */
export interface TufPlace {
	/** The document that was requested last. */
	readonly document: string;
	/** The time that expiry is checked against, in milliseconds. */
	readonly now: number;
	/** Returns `expires` of a role as it was read. */
	expiresOf(role: string): string | undefined;
}

interface Rule {
	readonly pattern: RegExp;
	readonly code: ErrorCode;
	readonly tell: (found: readonly string[], place: TufPlace) => Told;
}

interface Told {
	readonly message: string;
	readonly facts: Readonly<Record<string, string>>;
}

const ASK = 'ask the publisher, or use another mirror';

const HINTS: Partial<Record<ErrorCode, string>> = {
	'metadata-expired': `check the clock of this machine; if it is right, the publisher must renew the metadata, or newer metadata are withheld: ${ASK}`,
	'metadata-unsigned': `the source is damaged or forged: ${ASK}`,
	'metadata-rolled-back': `the source is a stale mirror, or shows old metadata on purpose: ${ASK}`,
	'metadata-mismatch': `the source is half published, damaged or forged: try again later; then ${ASK}`,
	'metadata-refused': `the source is damaged or forged, or its publisher made a mistake: ${ASK}`,
};

const RULES: readonly Rule[] = [
	{
		pattern: /(?:Final )?([^ ]+)\.json is expired/,
		code: 'metadata-expired',
		tell: ([role = ''], { now, expiresOf }) => {
			const [expired, at] = [expiresOf(role) ?? 'unknown', new Date(now).toISOString()];
			return {
				message: `${role}.json expired at ${expired}; it is ${at}`,
				facts: { role, expired, now: at },
			};
		},
	},
	{
		pattern: /(\S+) was signed by (\d+)\/(\d+) keys/,
		code: 'metadata-unsigned',
		tell: ([role = '', found = '', expected = ''], { document }) => ({
			message: `${role} (${document}) has ${found} valid signatures and needs ${expected}`,
			facts: { role, document, expected, found },
		}),
	},
	{
		pattern: /New (\S+) version (\d+) is less than current version (\d+)/,
		code: 'metadata-rolled-back',
		tell: ([role = '', found = '', expected = '']) => rolledBack(role, expected, found),
	},
	{
		pattern: /New version (\d+) of (\S+) is less than current version (\d+)/,
		code: 'metadata-rolled-back',
		tell: ([found = '', file = '', expected = '']) =>
			rolledBack(file.replace(/\.json$/, ''), expected, found),
	},
	{
		pattern: /Missing file (\S+) in new snapshot/,
		code: 'metadata-rolled-back',
		tell: ([file = '']) => ({
			message: `the new snapshot omits ${file}, which the previous one listed`,
			facts: { file },
		}),
	},
	{
		pattern: /Expected (length|hash) (\S+) but got (\S+)/,
		code: 'metadata-mismatch',
		tell: ([what = '', expected = '', found = ''], { document }) => ({
			message: `the ${what} of ${document} is ${found}, but ${expected} was signed`,
			facts: { document, what, expected, found },
		}),
	},
	{
		pattern: /Version (\d+) of (\S+) does not match snapshot version (\d+)/,
		code: 'metadata-mismatch',
		tell: ([found = '', role = '', expected = '']) => ({
			message: `${role} has version ${found}, but the snapshot names ${expected}`,
			facts: { role, expected, found },
		}),
	},
	{
		pattern: /Snapshot version doesn't match timestamp/,
		code: 'metadata-mismatch',
		tell: (_, { document }) => ({
			message: `the snapshot (${document}) is not the version that the timestamp names`,
			facts: { document },
		}),
	},
	{
		pattern: /Expected version (\d+), got (\d+)/,
		code: 'metadata-mismatch',
		tell: ([expected = '', found = ''], { document }) => ({
			message: `${document} has version ${found} instead of ${expected}`,
			facts: { document, expected, found },
		}),
	},
];

function rolledBack(role: string, expected: string, found: string): Told {
	return {
		message: `the source has version ${found} of ${role}, but version ${expected} was seen before`,
		facts: { role, expected, found },
	};
}

/** Returns the problem for an error thrown during verification; problems are returned as they are. */
export function tufProblem(thrown: unknown, place: TufPlace): Problem {
	if (thrown instanceof Problem) return thrown;
	const text = quoted(thrown instanceof Error ? thrown.message : String(thrown));
	for (const { pattern, code, tell } of RULES) {
		const found = pattern.exec(text);
		if (found !== null) return refusal(code, tell(found.slice(1), place), thrown);
	}
	const { document } = place;
	return refusal(
		'metadata-refused',
		{ message: `${document} is not valid TUF metadata: ${text}`, facts: { document, why: text } },
		thrown,
	);
}

function refusal(code: ErrorCode, { message, facts }: Told, cause: unknown): Problem {
	return problem(code, `cannot trust the source: ${message}`, HINTS[code] ?? ASK, {
		retry: 'later',
		facts,
		cause,
	});
}

/** Returns the error for a pinned root that is invalid. */
export function invalidRoot(thrown: unknown): Problem {
	const told = thrown instanceof Problem ? thrown.record.facts['why'] : undefined;
	const why =
		typeof told === 'string' ? told : quoted(thrown instanceof Error ? thrown.message : String(thrown));
	return problem(
		'trust-root-invalid',
		`cannot start from the pinned root of trust: ${why}`,
		'get root.json from the publisher again, over a channel that you trust, and pin that',
		{ facts: { why }, cause: thrown },
	);
}

/** Returns the error for a target that no metadata lists. */
export function missingTarget(path: string): Problem {
	return problem(
		'target-missing',
		`cannot use ${path}: no signed metadata lists it`,
		'request a published one, or ask its publisher',
		{
			retry: 'later',
			facts: { target: path },
		},
	);
}

/** Returns the error for a source that lacks a document. */
export function missingMetadata(path: string): Problem {
	return problem(
		'metadata-missing',
		`cannot trust the source: it has no ${path}, which its signed metadata names`,
		'it is half published, or a bad mirror: try again later, or use another mirror',
		{ retry: 'later', facts: { document: path } },
	);
}

/** Returns the error for a document that is longer than `expected` bytes. */
export function tooLong(path: string, found: number, expected: number): Problem {
	return problem(
		'metadata-mismatch',
		`cannot use ${path}: it is longer than ${expected} bytes`,
		'ask its publisher, or use another mirror',
		{
			retry: 'later',
			facts: { document: path, what: 'length', expected: String(expected), found: String(found) },
		},
	);
}

/** Returns the error for more delegated roles than are read. */
export function tooManyRoles(): Problem {
	return problem(
		'metadata-refused',
		`cannot list the targets: they are delegated to more than ${MAX_ROLES} roles`,
		'ask the publisher',
		{
			facts: { most: MAX_ROLES },
		},
	);
}
