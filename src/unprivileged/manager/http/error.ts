/** Errors as HTTP says them: which status a code has, and a record for whatever was thrown. Never a stack trace. */

import { type ErrorRecord, problem, recordOf } from '../../../model/base/error.ts';
import { ERRORS } from '../../../model/base/error-codes.ts';

export interface HttpError {
	readonly status: number;
	readonly record: ErrorRecord;
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
	return { status: ERRORS[record.code].http, record };
}

/** Fastify gives its own errors the status they mean; those of 500 and up are defects of ours. */
function statusOfFastify(thrown: unknown): number | undefined {
	const status = thrown instanceof Error && 'statusCode' in thrown ? thrown.statusCode : undefined;
	return typeof status === 'number' && status >= 400 && status < 500 ? status : undefined;
}
