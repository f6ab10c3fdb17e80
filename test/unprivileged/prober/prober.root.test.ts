/** Started by root, the prober asks as nobody: the kernel says whose connection it is. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';

const PROBER = join(import.meta.dirname, '../../../src/unprivileged/prober/main.ts');

test('the connection is nobody’s', async () => {
	const owners: (string | undefined)[] = [];
	const server = createServer((socket) => {
		// Its own port alone may be that of another connection too, one that is over among them.
		const ends = [socket.remotePort, socket.localPort].map(
			(port) => `0100007F:${(port ?? 0).toString(16).toUpperCase().padStart(4, '0')}`,
		);
		const lines = readFileSync('/proc/net/tcp', 'utf8').split('\n');
		const [line] = lines
			.map((one) => one.trim().split(/\s+/))
			.filter(([, local, remote]) => local === ends[0] && remote === ends[1]);
		owners.push(line?.[7]);
		socket.destroy();
	});
	await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
	onTestFinished(() => void server.close());
	const question = JSON.stringify({
		kind: 'http',
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
		status: 200,
		body: null,
	});
	await expect(promisify(execFile)(process.execPath, [PROBER, question, '60000'])).rejects.toMatchObject({
		code: 1,
	});
	expect(owners).toEqual(['65534']);
});
