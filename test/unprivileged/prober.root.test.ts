/** Started by root, the prober asks as nobody: the kernel says whose connection it is. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';

const PROBER = join(import.meta.dirname, '../../src/unprivileged/prober/main.ts');

test('the connection is nobody’s', async () => {
	const owners: (string | undefined)[] = [];
	const server = createServer((socket) => {
		const port = (socket.remotePort ?? 0).toString(16).toUpperCase().padStart(4, '0');
		const line = readFileSync('/proc/net/tcp', 'utf8')
			.split('\n')
			.find((one) => one.trim().split(/\s+/)[1]?.endsWith(`:${port}`));
		owners.push(line?.trim().split(/\s+/)[7]);
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
	await expect(promisify(execFile)(process.execPath, [PROBER, question, '5000'])).rejects.toMatchObject({ code: 1 });
	expect(owners).toEqual(['65534']);
});
