/** The prober prints one sentence and an exit code, whatever the server does. */
import { execFile } from 'node:child_process';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import {
	type NetworkQuestion,
	proberCommand,
} from '../../../src/privileged/updater/health/prober-command.ts';
import { DEAF_PORT } from '../../box/sources/servers.ts';

function ask(question: NetworkQuestion, timeout = 60_000): Promise<{ code: number; said: string }> {
	const { program, args } = proberCommand(question, timeout);
	return new Promise((done) => {
		execFile(program, [...args], { timeout: 100_000 }, (error, _stdout, stderr) =>
			done({ code: error === null ? 0 : Number(error.code), said: stderr }),
		);
	});
}

async function listen(server: Server): Promise<number> {
	const sockets = new Set<Socket>();
	server.on('connection', (socket: Socket) => sockets.add(socket));
	await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
	onTestFinished(() => {
		for (const socket of sockets) socket.destroy();
		server.close();
	});
	return (server.address() as AddressInfo).port;
}

async function askServer(
	answer: RequestListener,
	body: string | null = null,
	status = 200,
	timeout = 60_000,
) {
	const port = await listen(createServer(answer));
	return await ask({ kind: 'http', url: `http://127.0.0.1:${port}/health`, status, body }, timeout);
}

const endless: RequestListener = (_request, response) => {
	const more = () => {
		while (!response.destroyed && response.write('x'.repeat(64 * 1024)));
	};
	response.on('drain', more);
	more();
};

const inTwoPieces: RequestListener = (_request, response) => {
	response.write('all is ');
	setTimeout(() => response.end('fine'), 50);
};

const half: RequestListener = (_request, response) => {
	response.writeHead(200, { 'content-length': '99' }).write('x');
	setTimeout(() => response.destroy(), 50);
};

test.each<[string, RequestListener, string | null, number, string]>([
	['200', (_request, response) => response.end('fine'), null, 200, ''],
	['the expected text', (_request, response) => response.end('all is fine'), 'is fine', 200, ''],
	['the expected text in two pieces', inTwoPieces, 'is fine', 200, ''],
	[
		'an expected redirect',
		(_request, response) => response.writeHead(302, { location: '/x' }).end(),
		null,
		302,
		'',
	],
	['an endless answer without an expected text', endless, null, 200, ''],
	[
		'500',
		(_request, response) => response.writeHead(500).end('fine'),
		'fine',
		200,
		'it answered 500, not 200',
	],
	[
		'a redirect',
		(_request, response) => response.writeHead(302, { location: '/' }).end(),
		null,
		200,
		'it answered 302, not 200',
	],
	[
		'another text',
		(_request, response) => response.end('all is lost'),
		'fine',
		200,
		'its answer does not contain the expected text',
	],
	['no text', (_request, response) => response.end(), 'fine', 200, 'its answer does not contain'],
	['an endless answer', endless, 'fine', 200, 'its answer does not contain'],
	[
		'a cut connection',
		(request) => request.socket.destroy(),
		null,
		200,
		'it cannot be reached: socket hang up',
	],
	['half an answer', half, 'fine', 200, 'it cannot be reached'],
	[
		'headers without an end',
		(_request, response) => response.writeHead(200, { 'x-long': 'x'.repeat(20_000) }).end(),
		null,
		200,
		'it cannot be reached',
	],
	[
		'another protocol than HTTP',
		(request) => request.socket.end('220 mail.example.org ESMTP\r\n'),
		null,
		200,
		'it cannot be reached',
	],
])('handles a server that answers with %s', async (_what, answer, body, status, said) => {
	const end = await askServer(answer, body, status);
	expect(end).toEqual({ code: said === '' ? 0 : 1, said: said === '' ? '' : expect.stringContaining(said) });
});

test.each<[string, RequestListener]>([
	['never answers', () => undefined],
	['answers half and hangs', (_request, response) => response.write('x')],
	['drips', (_request, response) => void setInterval(() => response.write('x'), 20).unref()],
])('gives up at the time limit on a server that %s', async (_what, answer) => {
	expect(await askServer(answer, 'fine', 200, 400)).toEqual({
		code: 1,
		said: 'it did not answer within 400 ms',
	});
});

test('reports a port that nothing listens on', async () => {
	const port = DEAF_PORT;
	const http = await ask({ kind: 'http', url: `http://127.0.0.1:${port}/`, status: 200, body: null });
	expect(http).toEqual({ code: 1, said: expect.stringContaining('ECONNREFUSED') });
	expect(await ask({ kind: 'tcp', host: '127.0.0.1', port })).toEqual({
		code: 1,
		said: 'it does not accept connections: ECONNREFUSED',
	});
});

test('accepts a port that connects and sends nothing', async () => {
	const port = await listen(createTcpServer());
	expect(await ask({ kind: 'tcp', host: '127.0.0.1', port })).toEqual({ code: 0, said: '' });
});

test('reports an invalid host name', async () => {
	expect(await ask({ kind: 'tcp', host: 'no..name', port: 1 })).toMatchObject({
		code: 1,
		said: expect.stringContaining('does not accept'),
	});
});
