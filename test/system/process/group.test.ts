import { once } from 'node:events';
import { chmodSync, closeSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../src/system/clock.ts';
import {
	endGroup,
	type GroupCommand,
	groupLives,
	markProcess,
	processLives,
	type RunningGroup,
	signalGroup,
	startGroup,
} from '../../../src/system/process/group.ts';
import { scratch } from '../../scratch.ts';
import { until } from '../../until.ts';

const plain: GroupCommand = {
	program: '/bin/true',
	args: [],
	cwd: '/',
	env: { PATH: '/usr/bin:/bin' },
	input: undefined,
	output: 'pipe',
};

function start(more: Partial<GroupCommand>): RunningGroup {
	const group = startGroup({ ...plain, ...more });
	const { pid } = group;
	if (pid !== undefined) onTestFinished(() => signalGroup(pid, 'SIGKILL'));
	return group;
}

const shell = (script: string, more: Partial<GroupCommand> = {}) =>
	start({ program: '/bin/bash', args: ['-c', script], ...more });

function pidOf(group: RunningGroup): number {
	if (group.pid === undefined) throw new Error('it was not started');
	return group.pid;
}

async function outputOf(group: RunningGroup): Promise<string> {
	if (group.child.stdout === null) throw new Error('it has no output');
	return await text(group.child.stdout);
}

/** Returns the first line that a program prints, which shows its progress. */
async function firstLine(group: RunningGroup): Promise<string> {
	if (group.child.stdout === null) throw new Error('it has no output');
	const [line] = (await once(group.child.stdout, 'data')) as [Buffer];
	return line.toString().trim();
}

describe('the end of a program', () => {
	test.each([
		['with success', 'exit 0', { kind: 'exited', code: 0 }],
		['with an error code', 'exit 75', { kind: 'exited', code: 75 }],
		['by a signal', 'kill -9 $$', { kind: 'killed', by: 'SIGKILL' }],
	])('%s', async (_how, script, end) => {
		expect(await shell(script).ended).toEqual(end);
	});

	test('is reported even if another process holds its output', async () => {
		const group = shell('sleep 300 & exit 3');
		expect(await group.ended).toEqual({ kind: 'exited', code: 3 });
		expect(groupLives(pidOf(group))).toBe(true);
	});
});

describe('a program that cannot be started', () => {
	const SCRIPTS = {
		missing: { errno: 'ENOENT' },
		'not-executable': { text: '#!/bin/sh\n', mode: 0o644, errno: 'EACCES' },
		'windows-line-ends': { text: '#!/bin/bash\r\necho never\r\n', mode: 0o755, errno: 'ENOENT' },
		'interpreter-missing': { text: '#!/no/such/shell\n', mode: 0o755, errno: 'ENOENT' },
		'a-directory': { errno: 'EACCES' },
	};

	test.each(Object.entries(SCRIPTS))('%s', async (name, script) => {
		const cwd = scratch();
		if ('text' in script) {
			writeFileSync(join(cwd, name), script.text);
			chmodSync(join(cwd, name), script.mode);
		}
		if (name === 'a-directory') mkdirSync(join(cwd, name));
		const group = start({ program: `./${name}`, cwd, input: 'x'.repeat(1_000_000) });
		expect(await group.ended).toEqual({ kind: 'not-started', errno: script.errno });
		expect(group.pid).toBeUndefined();
	});

	test('any program in a removed directory', async () => {
		expect(await start({ cwd: '/no/such/directory' }).ended).toEqual({
			kind: 'not-started',
			errno: 'ENOENT',
		});
	});
});

describe('a program receives', () => {
	test('its input exactly once', async () => {
		expect(await outputOf(shell('cat; echo end', { input: 'hello\n' }))).toBe('hello\nend\n');
	});

	test('end of file if it has no input', async () => {
		expect(await outputOf(shell('cat; echo end'))).toBe('end\n');
	});

	test.each([
		['never reads', 'exit 0'],
		['closes its', 'exec <&-; sleep 0.1'],
	])('no error if it %s input', async (_what, script) => {
		expect(await shell(script, { input: 'x'.repeat(5_000_000) }).ended).toEqual({ kind: 'exited', code: 0 });
	});

	test('its arguments unchanged and only its own environment', async () => {
		expect(await outputOf(start({ program: '/usr/bin/printf', args: ['%s|', 'a b', '$(id)', '*'] }))).toBe(
			'a b|$(id)|*|',
		);
		expect(await outputOf(start({ program: '/usr/bin/env', env: { A: 'b' } }))).toBe('A=b\n');
	});

	test('one descriptor for both outputs, which keeps their order', async () => {
		const path = join(scratch(), 'log');
		const fd = openSync(path, 'a');
		await shell('echo one; echo two >&2; echo three', { output: { fd } }).ended;
		closeSync(fd);
		expect(readFileSync(path, 'utf8')).toBe('one\ntwo\nthree\n');
	});

	test('its directory by descriptor, even after a rename', async () => {
		const top = scratch();
		mkdirSync(join(top, 'before'));
		writeFileSync(join(top, 'before/hook.sh'), '#!/bin/sh\npwd -P\n', { mode: 0o755 });
		const fd = openSync(join(top, 'before'), 'r');
		onTestFinished(() => closeSync(fd));
		renameSync(join(top, 'before'), join(top, 'after'));
		expect(await outputOf(start({ program: './hook.sh', cwd: `/proc/self/fd/${fd}` }))).toBe(
			`${top}/after\n`,
		);
	});

	test('its own session and process group', async () => {
		const group = shell('echo $$ $(ps -o pgid=,sid= -p $$)');
		const pid = String(group.pid);
		expect((await outputOf(group)).trim().split(/\s+/)).toEqual([pid, pid, pid]);
	});
});

describe('endGroup', () => {
	test('ends children and grandchildren', async () => {
		const group = shell('bash -c "sleep 300 & sleep 300" & echo ready; wait');
		await firstLine(group);
		await endGroup(pidOf(group), 10_000, systemClock);
		expect(groupLives(pidOf(group))).toBe(false);
		expect(await group.ended).toEqual({ kind: 'killed', by: 'SIGTERM' });
	});

	test('kills processes that ignore TERM after the grace period, and returns when all are gone', async () => {
		const group = shell('trap "" TERM; for i in {1..40}; do (while :; do :; done) & done; echo ready; wait');
		await firstLine(group);
		await endGroup(pidOf(group), 200, systemClock);
		expect(groupLives(pidOf(group))).toBe(false);
		expect(await group.ended).toEqual({ kind: 'killed', by: 'SIGKILL' });
	});

	test('gives processes that handle TERM the time they need', async () => {
		const group = shell('trap "sleep 0.3; exit 5" TERM; echo ready; while :; do sleep 0.05; done');
		await firstLine(group);
		await endGroup(pidOf(group), 20_000, systemClock);
		expect(await group.ended).toEqual({ kind: 'exited', code: 5 });
	});

	test('ends descendants after the program itself has ended', async () => {
		const group = shell('sleep 300 & exit 0');
		await group.ended;
		await endGroup(pidOf(group), 10_000, systemClock);
		expect(groupLives(pidOf(group))).toBe(false);
	});

	test('does nothing for a group that is gone', async () => {
		const group = shell('exit 0');
		await group.ended;
		await endGroup(pidOf(group), 10_000, systemClock);
		expect(groupLives(pidOf(group))).toBe(false);
	});
});

/** A program that never reaps its child. Returns the child, a zombie in its own group. */
async function startZombie(): Promise<number> {
	// The child ends once its parent is no longer a shell: a shell would reap it.
	const child = 'until [[ $(</proc/$$/comm) == sleep ]]; do :; done';
	const zombie = Number(await firstLine(shell(`set -m; (${child}) & echo $!; exec sleep 300`)));
	await until('the zombie', () => readFileSync(`/proc/${zombie}/stat`, 'latin1').includes(') Z '));
	return zombie;
}

test('a group of zombies is not alive', async () => {
	const zombie = await startZombie();
	expect(groupLives(zombie)).toBe(false);
});

describe('a marked process', () => {
	test('is alive while it runs', async () => {
		const group = shell('exec sleep 300');
		const mark = markProcess(pidOf(group));
		if (mark === undefined) throw new Error('it has no mark');
		expect(mark.pid).toBe(group.pid);
		expect(processLives(mark)).toBe(true);
		signalGroup(pidOf(group), 'SIGKILL');
		await group.ended;
		expect(processLives(mark)).toBe(false);
		expect(markProcess(pidOf(group))).toBeUndefined();
	});

	test('is distinguished from a process with the same pid or of another boot', () => {
		const mark = markProcess(process.pid);
		if (mark === undefined) throw new Error('it has no mark');
		expect(processLives(mark)).toBe(true);
		expect(processLives({ ...mark, startTicks: String(Number(mark.startTicks) - 1) })).toBe(false);
		expect(processLives({ ...mark, bootId: '00000000-0000-0000-0000-000000000000' })).toBe(false);
	});

	test('is found under any name', async () => {
		const path = join(scratch(), 'a ) R 1');
		writeFileSync(path, '#!/bin/bash\nsleep 300; true\n', { mode: 0o755 });
		const pid = pidOf(start({ program: path }));
		await until('the program', () => readFileSync(`/proc/${pid}/comm`, 'utf8') === 'a ) R 1\n');
		expect(groupLives(pid)).toBe(true);
		const mark = markProcess(pid);
		expect(mark !== undefined && processLives(mark)).toBe(true);
		expect(Number(mark?.startTicks)).toBeGreaterThan(Number(markProcess(1)?.startTicks));
	});

	test('is not alive as a zombie', async () => {
		const zombie = await startZombie();
		const mark = markProcess(zombie);
		expect(mark !== undefined && processLives(mark)).toBe(false);
	});
});
