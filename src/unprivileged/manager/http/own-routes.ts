/** The API of Signalbox itself, under /api/v1 (docs/operator/api.md). */
import type { FastifyInstance } from 'fastify';
import { Problem, problem } from '../../../model/base/error.ts';
import { asObject, type Json } from '../../../model/base/json.ts';
import { parseTag, type Tag } from '../../../model/release/tag.ts';
import type { Checks } from '../requests/checks.ts';
import type { Starts } from '../requests/starts.ts';
import type { StatusAnswer } from '../status/answer.ts';
import { KeptBody, sendBody, sendJson } from './body.ts';
import { BadRequestError } from './error.ts';

export interface OwnParts {
	readonly checks: Checks;
	readonly starts: Starts;
	readonly status: StatusAnswer;
}

export function ownRoutes(app: FastifyInstance, { checks, starts, status }: OwnParts): void {
	const plan = new KeptBody();

	app.get('/status', (request, reply) => sendBody(request, reply, status.body()));

	app.get('/update', async (request, reply) => {
		const { available, check } = await checks.plan();
		return sendBody(
			request,
			reply,
			plan.of([available, check], () => ({ ...available, checking: check === 'goes-on' })),
		);
	});

	app.post('/update', async (request, reply) => {
		const start = await starts.start(requestIn(request.body));
		if (start.kind === 'not-started') throw new Problem(start.error);
		return sendJson(reply, 202, { ticket: start.ticket, to: start.to });
	});
}

/**
 * Returns the release requested by a body; no body and `{}` mean the next one. Throws 400 and
 * `wish-unreadable`.
 */
function requestIn(body: unknown): Tag | undefined {
	if (body === undefined || body === null) return undefined;
	const object = asObject(body);
	const unknown = Object.keys(object ?? {}).filter((key) => key !== 'to');
	if (object === undefined || unknown.length > 0)
		throw new BadRequestError(400, `the body is not an object with only "to"`);
	return object['to'] === undefined || object['to'] === null ? undefined : tagIn(object['to']);
}

function tagIn(value: Json): Tag {
	if (typeof value !== 'string') throw new BadRequestError(400, '"to" is not a text');
	const tag = parseTag(value);
	if (tag !== undefined) return tag;
	const shown = JSON.stringify(value.slice(0, 100));
	throw problem(
		'wish-unreadable',
		`cannot update to ${shown}: it is not the tag of a release`,
		'name a tag such as v1.2.3',
	);
}
