/** Errors as HTTP says them: which status a code has, and a record for whatever was thrown. Never a stack trace. */
import {
	ERROR_CODES,
	type ErrorCode,
	type ErrorRecord,
	EXIT,
	problem,
	recordOf,
} from '../../../model/base/error.ts';

export interface HttpError {
	readonly status: number;
	readonly record: ErrorRecord;
}

/** Codes whose status their exit code does not tell. */
const STATUS: Partial<Record<ErrorCode, number>> = {
	'up-to-date': 422,
	'ahead-of-channel': 422,
	// not the asker's fault: the box is not as it should be
	'root-missing': 503,
	'info-missing': 503,
	'info-unreadable': 503,
	'tool-missing': 503,
	'manager-silent': 503,
	'source-unreachable': 502,
	'source-empty': 502,
	'source-refused': 502,
	'source-timeout': 504,
	'trigger-timeout': 504,
};

/** Returns the HTTP status for an error's code. */
export function statusOf(code: ErrorCode): number {
	const known = STATUS[code];
	if (known !== undefined) return known;
	switch (ERROR_CODES[code]) {
		case EXIT.usage:
			return 400;
		case EXIT.refused:
			return 422;
		case EXIT.busy:
			return 409;
		case EXIT.silent:
			return 503;
		case EXIT.done:
		case EXIT.failed:
		case EXIT.needsAttention:
			return 500;
	}
}

const ASKED_WRONG: Readonly<Record<number, readonly [message: string, hint: string]>> = {
	400: ['cannot read the request', 'send a JSON object such as {"to": "v1.2.3"}, or no body at all'],
	403: ['cannot take this from a page of another site', 'use the dashboard of this box'],
	404: ['there is nothing at this path', 'docs/operator/api.md lists what there is'],
	405: ['cannot do this with that method', 'the header Allow lists the methods of this path'],
	408: ['the request did not end in time', 'send it in one go'],
	413: ['the request is too large', 'send a JSON object such as {"to": "v1.2.3"}'],
	414: ['the path is too long', 'docs/operator/api.md lists what there is'],
	415: ['cannot read a body of this type', 'send it as application/json'],
	431: ['the headers are too large', 'send fewer or shorter headers'],
};

/** A request that is wrong in itself. Carries its status the way Fastify's own errors do. */
export class BadRequestError extends Error {
	readonly statusCode: number;

	constructor(statusCode: number, why: string) {
		super(why);
		this.statusCode = statusCode;
	}
}

/** Returns the error for a request that was wrong in itself; `why` goes into its facts. */
export function askedWrong(status: number, why?: string): HttpError {
	const [message, hint] = ASKED_WRONG[status] ?? ASKED_WRONG[400] ?? ['', ''];
	return {
		status,
		record: problem('usage', message, hint, { facts: why === undefined ? {} : { why } }).record,
	};
}

/** Returns the error for anything that a route, a hook or Fastify itself threw. */
export function httpErrorOf(thrown: unknown): HttpError {
	const status = statusOfFastify(thrown);
	if (status !== undefined) return askedWrong(status, thrown instanceof Error ? thrown.message : undefined);
	const record = recordOf(thrown);
	return { status: statusOf(record.code), record };
}

/** Fastify gives its own errors the status they mean; those of 500 and up are defects of ours. */
function statusOfFastify(thrown: unknown): number | undefined {
	const status = thrown instanceof Error && 'statusCode' in thrown ? thrown.statusCode : undefined;
	return typeof status === 'number' && status >= 400 && status < 500 ? status : undefined;
}
