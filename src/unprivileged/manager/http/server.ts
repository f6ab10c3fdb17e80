/** The HTTP server around the routes: limits, admission, and clean errors for whatever was sent. */
import type { Socket } from 'node:net';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { ErrorRecord } from '../../../model/base/error.ts';
import { authorise } from './access.ts';
import { type Body, sendBody, sendJson } from './body.ts';
import { badRequest, type HttpError, httpErrorOf } from './error.ts';
import { type LegacyParts, legacyRoutes } from './legacy-routes.ts';
import { type OwnParts, ownRoutes } from './own-routes.ts';

export interface ServerParts {
	readonly ping: Body;
	readonly own: OwnParts;
	readonly legacy: LegacyParts;
	/** Receives internal errors, besides the answer to the client. */
	readonly tell: (error: ErrorRecord) => void;
	readonly stopping: AbortSignal;
}

/** How one part of the API formats errors. */
type Spelling = (record: ErrorRecord) => unknown;
const asRecord: Spelling = (error) => ({ error });
const asText: Spelling = (error) => error.message;

/** The largest sensible body holds one tag. */
const BODY_MAX_BYTES = 16 * 1024;
/** A request must be complete within this time. */
const REQUEST_TIMEOUT = 30_000;
/** How often Node checks for incomplete requests: its only timer while no client is connected. */
const CONNECTIONS_CHECK = 60_000;

/** Returns the server, which does not listen yet. */
export function makeServer(parts: ServerParts): FastifyInstance {
	const app = Fastify({
		bodyLimit: BODY_MAX_BYTES,
		requestTimeout: REQUEST_TIMEOUT,
		http: { connectionsCheckingInterval: CONNECTIONS_CHECK },
		clientErrorHandler: answerRaw,
		frameworkErrors: (thrown, _request, reply) =>
			void sendJson(reply, 400, asRecord(httpErrorOf(thrown).record)),
	});
	app.addHook('onRequest', authorise);
	// A connection that a client keeps open would delay shutdown.
	app.addHook('onSend', (_request, reply, payload, done) => {
		if (parts.stopping.aborted) reply.header('connection', 'close');
		done(null, payload);
	});
	readBodies(app);
	spellErrors(app, asRecord, parts.tell);
	app.get('/ping', (request, reply) => sendBody(request, reply, parts.ping));
	app.register(
		(own, _options, done) => {
			ownRoutes(own, parts.own);
			done();
		},
		{ prefix: '/api/v1' },
	);
	app.register(
		(legacy, _options, done) => {
			// Older managers ignored bodies that were not JSON.
			legacy.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, _body, ignored) => ignored(null));
			spellErrors(legacy, asText, parts.tell);
			legacyRoutes(legacy, parts.legacy);
			done();
		},
		{ prefix: '/v1/system' },
	);
	return app;
}

/** Bodies are JSON; an empty body counts as none, whatever its type. */
function readBodies(app: FastifyInstance): void {
	const parse = app.getDefaultJsonParser('error', 'error');
	app.removeAllContentTypeParsers();
	app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
		if (body.length === 0) done(null);
		else void parse(request, body.toString(), done);
	});
}

function spellErrors(app: FastifyInstance, spell: Spelling, tell: ServerParts['tell']): void {
	const answer = (reply: FastifyReply, { status, record }: HttpError) =>
		sendJson(reply, status, spell(record));
	app.setErrorHandler((thrown, _request, reply) => {
		const error = httpErrorOf(thrown);
		if (error.status === 500) tell(error.record);
		return answer(reply, error);
	});
	app.setNotFoundHandler((request, reply) => {
		const methods = methodsOf(app, request);
		if (methods.length === 0) return answer(reply, badRequest(404));
		return answer(reply.header('allow', methods.join(', ')), badRequest(405));
	});
}

function methodsOf(app: FastifyInstance, request: FastifyRequest): string[] {
	const [url = ''] = request.url.split('?');
	return ['GET', 'HEAD', 'POST'].filter((method) => app.hasRoute({ method, url }));
}

const RAW_STATUS: Readonly<Record<string, readonly [number, string]>> = {
	HPE_HEADER_OVERFLOW: [431, 'Request Header Fields Too Large'],
	ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout'],
};

/** The input was not HTTP, so the answer is written by hand. */
function answerRaw(thrown: Error & { readonly code?: string }, socket: Socket): void {
	if (thrown.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
	const [status, phrase] = RAW_STATUS[thrown.code ?? ''] ?? [400, 'Bad Request'];
	const body = JSON.stringify(asRecord(badRequest(status, thrown.code).record));
	const head = `HTTP/1.1 ${status} ${phrase}\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(body)}`;
	socket.end(`${head}\r\nconnection: close\r\n\r\n${body}`);
}
