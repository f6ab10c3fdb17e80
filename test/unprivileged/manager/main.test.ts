/** The manager as a process: where it listens, how it ends, and its errors at start. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Layout } from '../../../src/model/base/layout.ts';
import { builtProgram } from '../../programs.ts';
import { ask, makeBox, planNow, publish, removeBox, until } from './box-for-tests.ts';

const MAIN = builtProgram('manager');

let box: Layout;
let running: ChildProcess[] = [];
beforeEach(() => {
	box = makeBox();
});
afterEach(async () => {
	for (const child of running)
		if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
	running = [];
	removeBox(box);
});

interface Process {
	readonly child: ChildProcess;
	readonly ended: Promise<number | null>;
	stdout(): string;
	stderr(): string;
}

function run(...args: readonly string[]): Process {
	const child = spawn(process.execPath, [MAIN, '--root', box.root, ...args], {
		stdio: ['ignore', 'pipe', 'pipe'],
	});
	running.push(child);
	const texts = { stdout: '', stderr: '' };
	child.stdout?.on('data', (part: Buffer) => (texts.stdout += part.toString()));
	child.stderr?.on('data', (part: Buffer) => (texts.stderr += part.toString()));
	const ended = once(child, 'close').then(([code]) => code as number | null);
	return { child, ended, stdout: () => texts.stdout, stderr: () => texts.stderr };
}

async function started(manager: Process): Promise<string> {
	await until(() => manager.stdout().endsWith('\n') || manager.child.exitCode !== null);
	const address = /listens on (\S+)\n/.exec(manager.stdout())?.[1];
	if (address === undefined) throw new Error(`it did not start: ${manager.stderr()}`);
	return address;
}

test.each(['127.0.0.1:0', '[::1]:0', 'localhost:0', ':0'])(
	'listens on %s and ends at TERM',
	async (listen) => {
		const manager = run('--listen', listen);
		expect((await ask(await started(manager), '/ping')).status).toBe(200);
		manager.child.kill('SIGTERM');
		expect(await manager.ended).toBe(0);
		expect(manager.stderr()).toBe('');
	},
);

test('opens a Unix socket for its user and group, and removes it at the end', async () => {
	const path = join(box.root, 'manager.sock');
	const manager = run('--listen', `unix:${path}`);
	const address = await started(manager);
	expect(address).toBe(`unix:${path}`);
	expect((await ask(address, '/v1/system/update-status')).status).toBe(200);
	expect(statSync(path).mode & 0o777).toBe(0o660);
	manager.child.kill('SIGTERM');
	expect(await manager.ended).toBe(0);
	expect(existsSync(path)).toBe(false);
});

test('replaces the socket of a killed manager, but not that of a running one', async () => {
	const listen = ['--listen', `unix:${join(box.root, 'manager.sock')}`];
	const killed = run(...listen);
	await started(killed);
	killed.child.kill('SIGKILL');
	await killed.ended;
	const heir = run(...listen);
	const address = await started(heir);
	const third = run(...listen);
	expect(await third.ended).toBe(6);
	expect(third.stderr()).toMatch(/another program does \[busy\]/);
	expect((await ask(address, '/ping')).status).toBe(200);
});

test('answers pending requests before it ends, and no open connection delays it', async () => {
	const manager = run('--listen', '127.0.0.1:0');
	const address = await started(manager);
	const keeping = { headers: { connection: 'keep-alive' } };
	expect((await ask(address, '/ping', keeping)).headers['connection']).toBe('keep-alive');
	const waiting = ask(address, '/api/v1/update', keeping);
	await until(() => existsSync(join(box.signals, 'check')));
	manager.child.kill('SIGTERM');
	const answer = await waiting;
	expect([answer.status, answer.json()]).toMatchObject([503, { error: { code: 'manager-silent' } }]);
	expect(answer.headers['connection']).toBe('close');
	expect(await manager.ended).toBe(0);
});

test('uses the name given for older dashboards', async () => {
	publish(box.available, planNow({ path: [] }));
	const manager = run('--listen', '127.0.0.1:0', '--legacy-name', 'Citadel');
	expect((await ask(await started(manager), '/v1/system/get-update')).json()).toBe(
		'Your Citadel is up-to-date',
	);
});

test('refuses an address that other machines reach without --unprotected', async () => {
	const refused = run('--listen', '0.0.0.0:0');
	expect(await refused.ended).toBe(3);
	expect(refused.stderr()).toMatch(
		/^signalbox: cannot listen on http:\/\/0\.0\.0\.0:0: .* \[config-unsafe\]\n {2}hint: .*--unprotected\n$/,
	);
	const taken = run('--listen', '0.0.0.0:0', '--unprotected');
	const { port } = new URL(await started(taken));
	expect((await ask(`http://127.0.0.1:${port}`, '/ping')).status).toBe(200);
});

test.each<[string, readonly string[], number, RegExp]>([
	['an unknown option', ['--foo'], 2, /Unknown option '--foo'/],
	['an extra word', ['word'], 2, /word/],
	['no address', ['--listen', 'nonsense'], 2, /cannot listen on "nonsense"/],
	[
		'an address of another machine',
		['--listen', '203.0.113.7:0', '--unprotected'],
		2,
		/no address of this machine/,
	],
	['a socket in no directory', ['--listen', 'unix:/nonexistent/x/y'], 2, /its directory is missing/],
])('%s: one sentence and an exit code', async (_, args, code, text) => {
	const manager = run(...args);
	expect(await manager.ended).toBe(code);
	expect(manager.stderr()).toMatch(text);
	expect(manager.stderr()).not.toMatch(/\n\s+at /);
});

test('leaves a plain file at the path of the socket alone', async () => {
	const path = join(box.root, 'precious');
	writeFileSync(path, 'precious');
	expect(await run('--listen', `unix:${path}`).ended).toBe(6);
	expect(statSync(path).size).toBe(8);
});

test('reports a port that is in use', async () => {
	const server = createServer().listen(0, '127.0.0.1');
	await once(server, 'listening');
	try {
		const manager = run('--listen', `127.0.0.1:${(server.address() as { port: number }).port}`);
		expect(await manager.ended).toBe(6);
	} finally {
		server.close();
	}
});

test('reports a directory that is not a root', async () => {
	for (const path of [box.info, box.events]) rmSync(path, { recursive: true });
	const manager = run('--listen', '127.0.0.1:0');
	expect(await manager.ended).toBe(2);
	expect(manager.stderr()).toMatch(/\[root-missing\]/);
});
