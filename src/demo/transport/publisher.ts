/** A minimal web server on the loopback interface. It needs no security: boxes verify everything. */
import { createReadStream, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { directoryTransport } from './directory.ts';
import type { Transport } from './transport.ts';

/** Path segments of a repository: no `..` and no dot files. */
const PATH = /^(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)+$/;

export async function publisherTransport(published: string): Promise<Transport> {
	const server = createServer((request, response) => {
		const length = lengthOf(published, request.url ?? '');
		if (request.method !== 'GET' || length === undefined) return void response.writeHead(404).end();
		response.writeHead(200, { 'content-length': length });
		createReadStream(join(published, request.url ?? ''))
			.on('error', () => response.destroy())
			.pipe(response);
	});
	const port = await listen(server);
	return {
		...directoryTransport(published),
		url: `http://127.0.0.1:${port}`,
		async close() {
			server.closeAllConnections();
			await new Promise<void>((closed) => server.close(() => closed()));
		},
	};
}

/** Undefined if there is no such file. */
function lengthOf(published: string, path: string): number | undefined {
	const stats = PATH.test(path) ? statSync(join(published, path), { throwIfNoEntry: false }) : undefined;
	return stats?.isFile() ? stats.size : undefined;
}

/** Listens on a free port that the kernel picks. */
async function listen(server: Server): Promise<number> {
	await new Promise<void>((ready, failed) => server.once('error', failed).listen(0, '127.0.0.1', ready));
	const address = server.address();
	if (address === null || typeof address === 'string')
		throw new Error('the web server of the demo has no port');
	return address.port;
}
