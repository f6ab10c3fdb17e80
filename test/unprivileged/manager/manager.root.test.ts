/**
 * The manager as another user, and karen as root: what each may touch, and what a hostile manager cannot
 * reach.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
	chmodSync,
	chownSync,
	lstatSync,
	mkdirSync,
	readFileSync,
	rmSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Layout } from '../../../src/model/base/layout.ts';
import { replaceWhole } from '../../../src/system/files/replace-file.ts';
import { builtProgram } from '../../programs.ts';
import { AT_REST, ask, changeNow, makeBox, planNow, removeBox, until } from './box-for-tests.ts';
import { StandInKaren } from './stand-in-karen.ts';

const MAIN = builtProgram('manager');
const OTHER = 65_534;
/** As root publishes: owned by root, readable by the group. */
const PUBLISHED = { mode: 0o640, uid: 0, gid: OTHER };

let box: Layout;
let manager: ChildProcess;
let karen: StandInKaren | undefined;
let address: string;

beforeEach(async () => {
	box = makeBox();
	chmodSync(box.root, 0o755);
	for (const directory of [box.statuses, box.signalReports]) own(directory, 0o750);
	own(box.signals, 0o2770);
	own(box.updateStatus, 0o660);
	manager = spawn(
		'setpriv',
		[
			`--reuid=${OTHER}`,
			`--regid=${OTHER}`,
			'--clear-groups',
			process.execPath,
			MAIN,
			'--root',
			box.root,
			'--listen',
			'127.0.0.1:0',
		],
		{ stdio: ['ignore', 'pipe', 'ignore'] },
	);
	let said = '';
	manager.stdout?.on('data', (part: Buffer) => (said += part.toString()));
	await until(() => said.endsWith('\n') || manager.exitCode !== null);
	address = /listens on (\S+)\n/.exec(said)?.[1] ?? '';
});

afterEach(async () => {
	karen?.stop();
	karen = undefined;
	manager.kill('SIGKILL');
	if (manager.exitCode === null && manager.signalCode === null) await once(manager, 'exit');
	removeBox(box);
});

function own(path: string, mode: number): void {
	chownSync(path, 0, OTHER);
	chmodSync(path, mode);
}

function employ(): StandInKaren {
	karen = new StandInKaren(
		box,
		{
			check: () => {
				replaceWhole(box.available, JSON.stringify(planNow()), PUBLISHED);
				return 'done';
			},
			update: () => {
				replaceWhole(box.changeStatus, JSON.stringify(changeNow()), PUBLISHED);
				return 'running';
			},
		},
		PUBLISHED,
	);
	return karen;
}

const post = (path: string) => ask(address, path, { method: 'POST' });
const codeOf = (answer: { json(): unknown }) => (answer.json() as { error?: { code: string } }).error?.code;

test('a user who owns nothing but the signal can request an update', async () => {
	const { rings } = employ();
	expect((await ask(address, '/v1/system/get-update')).json()).toMatchObject({ version: '0.4.18' });
	expect((await post('/api/v1/update')).json()).toMatchObject({ to: 'v0.4.18' });
	expect(rings.map((rung) => rung.name)).toEqual(['check', 'update']);
	expect(JSON.parse(readFileSync(box.updateStatus, 'utf8'))).toEqual({ ...AT_REST, updateTo: 'v0.4.18' });
	expect(statSync(box.updateStatus)).toMatchObject({ uid: 0, gid: OTHER, nlink: 1 });
	const signal = lstatSync(join(box.signals, 'update'));
	expect(signal).toMatchObject({ uid: OTHER, gid: OTHER, nlink: 1 });
	expect(signal.mode & 0o777).toBe(0o660);
	await until(
		async () => ((await ask(address, '/api/v1/status')).json() as { state: string }).state === 'installing',
	);
	expect(codeOf(await ask(address, '/api/v1/update', { method: 'POST', body: '{"to":"0.5.0"}' }))).toBe(
		'busy',
	);
	await until(async () => codeOf(await post('/api/v1/update')) === 'busy');
});

test('replaces a signal that root sent', async () => {
	writeFileSync(join(box.signals, 'check'), 'root');
	const { rings } = employ();
	await until(() => rings.length === 1);
	expect((await ask(address, '/api/v1/update')).status).toBe(200);
	rmSync(box.available);
	expect((await ask(address, '/api/v1/update')).status).toBe(200);
	expect(rings.map((rung) => rung.payload)).toEqual(['root', '']);
});

test.each<[string, (path: string, secret: string) => void]>([
	['a link to a file of root’s', (path, secret) => symlinkSync(secret, path)],
	['a FIFO', (path) => void execFileSync('mkfifo', ['-m', '666', path])],
	['a directory', (path) => mkdirSync(path)],
	['nothing', () => undefined],
	[
		'a file that the group may not write',
		(path) => writeFileSync(path, JSON.stringify(AT_REST), { mode: 0o644 }),
	],
])('%s in place of the status file: a coded error, no signal, nothing changed', async (_, plant) => {
	const secret = join(box.root, 'secret');
	writeFileSync(secret, 'of root', { mode: 0o600 });
	rmSync(box.updateStatus);
	plant(box.updateStatus, secret);
	const { rings } = employ();
	const answer = await post('/api/v1/update');
	expect([answer.status, codeOf(answer)]).toEqual([500, 'io-error']);
	expect((await post('/v1/system/update')).json()).toBe('Could not update the update-status file');
	expect(rings.map((rung) => rung.name)).toEqual(['check']);
	expect(readFileSync(secret, 'utf8')).toBe('of root');
});

test('statuses that its group cannot read: errors that say so, and the last good status', async () => {
	expect((await ask(address, '/v1/system/update-status')).json()).toEqual(AT_REST);
	chmodSync(box.statuses, 0o700);
	expect((await ask(address, '/v1/system/update-status')).json()).toEqual(AT_REST);
	const status = await ask(address, '/api/v1/status');
	expect([status.status, status.text]).toEqual([500, expect.stringContaining('EACCES')]);
	expect((await ask(address, '/v1/system/info')).status).toBe(200);
});

test('reports a signals directory that its group cannot write', async () => {
	chmodSync(box.signals, 0o755);
	const answer = await ask(address, '/api/v1/update');
	expect([answer.status, codeOf(answer)]).toEqual([500, 'io-error']);
	expect(answer.text).toMatch(/this user may not write to/);
});

test('a third user can neither send signals nor read the statuses', () => {
	const as = (...command: readonly string[]) =>
		execFileSync('setpriv', ['--reuid=65533', '--regid=65533', '--clear-groups', ...command], {
			stdio: 'pipe',
		});
	expect(() => as('touch', join(box.signals, 'update'))).toThrow(/Permission denied/);
	expect(() => as('cat', box.updateStatus)).toThrow(/Permission denied/);
});
