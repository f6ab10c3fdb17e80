/** Answers as bytes, made once for as long as what they were made of stays the same. */
import { hash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';

export interface Body {
	readonly bytes: Buffer;
	/** Of the bytes, so that it outlives a restart of the manager. */
	readonly etag: string;
}

export function bodyOf(value: unknown): Body {
	const bytes = Buffer.from(JSON.stringify(value), 'utf8');
	return { bytes, etag: `"${hash('sha1', bytes, 'base64url')}"` };
}

/** The last body made, and of what. */
export class KeptBody {
	#parts: readonly unknown[] = [];
	#body: Body | undefined;

	/** Returns the body for these parts, and makes it anew only when one of them is another object than last time. */
	of(parts: readonly unknown[], make: () => unknown): Body {
		if (this.#body === undefined || parts.some((part, index) => part !== this.#parts[index])) {
			this.#parts = parts;
			this.#body = bodyOf(make());
		}
		return this.#body;
	}
}

const JSON_TYPE = 'application/json; charset=utf-8';

/** Sends a body, or 304 to who has it already. */
export function sendBody(request: FastifyRequest, reply: FastifyReply, body: Body): FastifyReply {
	reply.header('etag', body.etag).header('cache-control', 'no-cache');
	if (hasAlready(request.headers['if-none-match'], body.etag)) return reply.code(304).send();
	return reply.type(JSON_TYPE).send(body.bytes);
}

function hasAlready(header: string | undefined, etag: string): boolean {
	return header?.split(',').some((one) => one.trim().replace(/^W\//, '') === etag) === true;
}

/** Sends JSON that nobody may keep. */
export function sendJson(reply: FastifyReply, status: number, value: unknown): FastifyReply {
	return reply
		.code(status)
		.header('cache-control', 'no-store')
		.type(JSON_TYPE)
		.send(Buffer.from(JSON.stringify(value), 'utf8'));
}
