/** Response bodies as bytes, encoded once as long as their parts stay the same. */
import { hash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';

export interface Body {
	readonly bytes: Buffer;
	/** A digest of the bytes, so that it stays valid across restarts of the manager. */
	readonly etag: string;
}

export function bodyOf(value: unknown): Body {
	const bytes = Buffer.from(JSON.stringify(value), 'utf8');
	return { bytes, etag: `"${hash('sha1', bytes, 'base64url')}"` };
}

/** The last body, and the parts it was made of. */
export class KeptBody {
	#parts: readonly unknown[] = [];
	#body: Body | undefined;

	/** Returns the body for these parts. Makes a new one only when a part is another object than last time. */
	of(parts: readonly unknown[], make: () => unknown): Body {
		if (this.#body === undefined || parts.some((part, index) => part !== this.#parts[index])) {
			this.#parts = parts;
			this.#body = bodyOf(make());
		}
		return this.#body;
	}
}

const JSON_TYPE = 'application/json; charset=utf-8';

/** Sends a body, or 304 where the client has it already. */
export function sendBody(request: FastifyRequest, reply: FastifyReply, body: Body): FastifyReply {
	reply.header('etag', body.etag).header('cache-control', 'no-cache');
	if (hasAlready(request.headers['if-none-match'], body.etag)) return reply.code(304).send();
	return reply.type(JSON_TYPE).send(body.bytes);
}

function hasAlready(header: string | undefined, etag: string): boolean {
	return header?.split(',').some((one) => one.trim().replace(/^W\//, '') === etag) === true;
}

/** Sends JSON that must not be cached. */
export function sendJson(reply: FastifyReply, status: number, value: unknown): FastifyReply {
	return reply
		.code(status)
		.header('cache-control', 'no-store')
		.type(JSON_TYPE)
		.send(Buffer.from(JSON.stringify(value), 'utf8'));
}
