/**
 * Root's probes run as `nobody`: the kernel reports the owner of the connection and the rights of the
 * process.
 */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { proberCommand } from '../../../src/privileged/updater/health/prober-command.ts';

test('runs the prober as nobody, without groups or capabilities', async () => {
	const owners: (string | undefined)[] = [];
	const server = createServer((socket) => {
		// The remote port alone may also belong to a connection that is already closed.
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
	const { program, args } = proberCommand(
		{
			kind: 'http',
			url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
			status: 200,
			body: null,
		},
		60_000,
	);
	await expect(promisify(execFile)(program, [...args])).rejects.toMatchObject({ code: 1 });
	expect(owners).toEqual(['65534']);
});

test('drops all rights before the program starts', async () => {
	const { program, args } = proberCommand({ kind: 'tcp', host: '127.0.0.1', port: 1 }, 1000);
	const sandbox = args.slice(0, args.indexOf(process.execPath));
	const { stdout } = await promisify(execFile)(program, [...sandbox, 'cat', '/proc/self/status']);
	const status = new Map(stdout.split('\n').map((line) => line.split(/:\s+/) as [string, string]));
	expect(status.get('Uid')).toBe('65534\t65534\t65534\t65534');
	expect(status.get('Gid')).toBe('65534\t65534\t65534\t65534');
	expect(status.get('Groups')?.trim() ?? '').toBe('');
	expect(status.get('NoNewPrivs')).toBe('1');
	for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'])
		expect(status.get(set)).toBe('0000000000000000');
});
