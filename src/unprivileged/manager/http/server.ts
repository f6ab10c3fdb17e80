/** The HTTP server around the routes: its limits, who is admitted, and errors that are clean whatever was sent. */
import type { Socket } from 'node:net';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { ErrorRecord } from '../../../model/base/error.ts';
import { authorise } from './access.ts';
import { type Body, sendBody, sendJson } from './body.ts';
import { askedWrong, type HttpError, httpErrorOf } from './error.ts';
import { type LegacyParts, legacyRoutes } from './legacy-routes.ts';
import { type OwnParts, ownRoutes } from './own-routes.ts';

export interface ServerParts {
	readonly ping: Body;
	readonly own: OwnParts;
	readonly legacy: LegacyParts;
	/** Told of what went wrong inside, beside the answer. */
	readonly tell: (error: ErrorRecord) => void;
	readonly stopping: AbortSignal;
}

/** How the errors of a part of the API are spelt. */
type Spelling = (record: ErrorRecord) => unknown;
const asRecord: Spelling = (error) => ({ error });
const asText: Spelling = (error) => error.message;

/** The largest body that makes sense is a tag. */
const BODY_MAX_BYTES = 16 * 1024;
/** A request has arrived whole by then. */
const REQUEST_TIMEOUT = 30_000;
/** How often Node looks for requests that have not: its only timer while nobody is connected. */
const CONNECTIONS_CHECK = 60_000;

/** Returns the server, not listening yet. */
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
	// A connection that a client keeps would hold up the end.
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
			// The older managers passed over bodies that were not JSON.
			legacy.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, _body, ignored) => ignored(null));
			spellErrors(legacy, asText, parts.tell);
			legacyRoutes(legacy, parts.legacy);
			done();
		},
		{ prefix: '/v1/system' },
	);
	return app;
}

/** Bodies are JSON; an empty one counts as none, whatever its type says. */
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
		if (methods.length === 0) return answer(reply, askedWrong(404));
		return answer(reply.header('allow', methods.join(', ')), askedWrong(405));
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

/** What came is no HTTP, so the answer is written by hand. */
function answerRaw(thrown: Error & { readonly code?: string }, socket: Socket): void {
	if (thrown.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
	const [status, phrase] = RAW_STATUS[thrown.code ?? ''] ?? [400, 'Bad Request'];
	const body = JSON.stringify(asRecord(askedWrong(status, thrown.code).record));
	const head = `HTTP/1.1 ${status} ${phrase}\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(body)}`;
	socket.end(`${head}\r\nconnection: close\r\n\r\n${body}`);
}
