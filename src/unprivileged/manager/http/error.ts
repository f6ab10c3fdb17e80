/** Errors as HTTP responses: the status of a code, and a record for anything thrown. Never a stack trace. */

import { type ErrorRecord, problem, recordOf } from '../../../model/base/error.ts';
import { ERRORS } from '../../../model/base/error-codes.ts';

export interface HttpError {
	readonly status: number;
	readonly record: ErrorRecord;
}

const BAD_REQUESTS: Readonly<Record<number, readonly [message: string, hint: string]>> = {
	400: ['cannot read the request', 'send a JSON object such as {"to": "v1.2.3"}, or no body at all'],
	403: ['requests from pages of other sites are rejected', 'use the dashboard of this machine'],
	404: ['there is nothing at this path', 'docs/operator/api.md lists all paths'],
	405: ['this path does not support that method', 'the header Allow lists the methods of this path'],
	408: ['the request was not complete in time', 'send it without pauses'],
	413: ['the request is too large', 'send a JSON object such as {"to": "v1.2.3"}'],
	414: ['the path is too long', 'docs/operator/api.md lists all paths'],
	415: ['cannot read a body of this type', 'send it as application/json'],
	431: ['the headers are too large', 'send fewer or shorter headers'],
};

/** A malformed request. Carries its status the way Fastify's own errors do. */
export class BadRequestError extends Error {
	readonly statusCode: number;

	constructor(statusCode: number, why: string) {
		super(why);
		this.statusCode = statusCode;
	}
}

/** Returns the error for a malformed request; `why` goes into its facts. */
export function badRequest(status: number, why?: string): HttpError {
	const [message, hint] = BAD_REQUESTS[status] ?? BAD_REQUESTS[400] ?? ['', ''];
	return {
		status,
		record: problem('usage', message, hint, { facts: why === undefined ? {} : { why } }).record,
	};
}

/** Returns the error for anything thrown by a route, a hook or Fastify. */
export function httpErrorOf(thrown: unknown): HttpError {
	const status = statusOfFastify(thrown);
	if (status !== undefined) return badRequest(status, thrown instanceof Error ? thrown.message : undefined);
	const record = recordOf(thrown);
	return { status: ERRORS[record.code].http, record };
}

/** Fastify gives its own errors their status; 500 and above are defects of ours. */
function statusOfFastify(thrown: unknown): number | undefined {
	const status = thrown instanceof Error && 'statusCode' in thrown ? thrown.statusCode : undefined;
	return typeof status === 'number' && status >= 400 && status < 500 ? status : undefined;
}
