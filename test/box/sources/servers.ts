/** Servers of releases on loopback: good ones, silent ones, and those that stop in the middle. */
import { spawn } from 'node:child_process';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** Starts a server for one test and returns its port. */
export async function listen(server: Server): Promise<number> {
	const sockets = new Set<Socket>();
	server.on('connection', (socket) => {
		sockets.add(socket);
		socket.on('error', () => undefined);
		socket.on('close', () => sockets.delete(socket));
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	onTestFinished(() => {
		for (const socket of sockets) socket.destroy();
		server.close();
	});
	return (server.address() as AddressInfo).port;
}

/** Accepts and says nothing. */
export async function silentServer(): Promise<number> {
	return await listen(createServer(() => undefined));
}

/**
 * A port of this machine without a listener. The kernel does not hand it out, so no other test gets it.
 */
export const DEAF_PORT = 1;

/** Answers every request the same way. */
export async function answeringServer(
	answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<number> {
	return await listen(createHttpServer(answer));
}

export interface GitServer {
	readonly url: string;
	/** Bytes of packs that were sent so far. */
	packBytes(): number;
	/** The services that clients asked for, in order: `ls-refs`, `fetch`. */
	asked(): readonly string[];
	/**
	 * From now on packs stop after this many bytes: the connection stays open (`stalls`) or is ended (`ends`).
	 */
	stopAfter(bytes: number, how: 'stalls' | 'ends'): void;
	/** The next requests get an error. */
	failNext(requests: number): void;
}

/** Serves the repository in `dir` with the real `git http-backend`. */
export async function gitServer(dir: string): Promise<GitServer> {
	const asked: string[] = [];
	let sent = 0;
	let failures = 0;
	let stop = { at: Number.POSITIVE_INFINITY, how: 'ends' };
	/** Returns what of a piece of a pack is still sent, and whether that was the last of it. */
	const meter = (piece: Buffer) => {
		const passed = piece.subarray(0, Math.max(0, stop.at - sent));
		sent += passed.length;
		return passed;
	};
	const port = await listen(
		createHttpServer((request, response) => {
			if (failures > 0) {
				failures -= 1;
				response.writeHead(503).end();
				return;
			}
			const backend = startBackend(dir, request);
			const body: Buffer[] = [];
			request.on('data', (piece: Buffer) => body.push(piece));
			request.on('end', () => {
				const command = /command=([a-z-]+)/.exec(Buffer.concat(body).toString('latin1'))?.[1];
				if (command !== undefined) asked.push(command);
				pass(
					backend.stdout,
					response,
					command === 'fetch' ? meter : (piece) => piece,
					() => sent >= stop.at && stop.how === 'stalls',
				);
			});
			request.pipe(backend.stdin);
			backend.stdin.on('error', () => undefined);
			response.on('close', () => backend.kill('SIGKILL'));
		}),
	);
	return {
		url: `http://127.0.0.1:${port}/`,
		packBytes: () => sent,
		asked: () => asked,
		failNext(requests) {
			failures = requests;
		},
		stopAfter(bytes, how) {
			stop = { at: sent + bytes, how };
		},
	};
}

function startBackend(dir: string, request: IncomingMessage) {
	const url = new URL(request.url ?? '/', 'http://x');
	return spawn('git', ['http-backend'], {
		stdio: ['pipe', 'pipe', 'ignore'],
		env: {
			PATH: '/usr/bin:/bin',
			GIT_PROJECT_ROOT: dir,
			GIT_HTTP_EXPORT_ALL: '1',
			GIT_CONFIG_GLOBAL: '/dev/null',
			GIT_CONFIG_COUNT: '1',
			GIT_CONFIG_KEY_0: 'safe.directory',
			GIT_CONFIG_VALUE_0: '*',
			PATH_INFO: `/.git${url.pathname}`,
			QUERY_STRING: url.search.slice(1),
			REQUEST_METHOD: request.method ?? 'GET',
			CONTENT_TYPE: request.headers['content-type'] ?? '',
			HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
			GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
		},
	});
}

/** Turns what a CGI program prints into a response: headers, an empty line, the body. */
function pass(
	output: NodeJS.ReadableStream,
	response: ServerResponse,
	cut: (piece: Buffer) => Buffer,
	isStalled: () => boolean,
): void {
	let head = Buffer.alloc(0);
	let isBody = false;
	output.on('data', (piece: Buffer) => {
		if (isBody) return void response.write(cut(piece));
		head = Buffer.concat([head, piece]);
		const end = head.indexOf('\r\n\r\n');
		if (end === -1) return;
		isBody = true;
		for (const line of head.subarray(0, end).toString('latin1').split('\r\n')) {
			const [name = '', value = ''] = line.split(/:\s*/, 2);
			if (name === 'Status') response.statusCode = Number.parseInt(value, 10);
			else response.setHeader(name, value);
		}
		response.write(cut(head.subarray(end + 4)));
	});
	output.on('end', () => {
		if (!isStalled()) response.end();
	});
}
