/**
 * One script of a release: its time limit, process group, output, and the record by which a later updater
 * finds it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
	endAllOf,
	endLeftover,
	runScript,
	type ScriptEnd,
} from '../../../src/privileged/updater/run-script.ts';
import type { ChangeWorld } from '../../../src/privileged/updater/world.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { markProcess } from '../../../src/system/process/group.ts';
import { isAlive, processesOf } from '../../box/processes.ts';
import { makeWorld } from '../../box/world.ts';
import { until } from '../../until.ts';

const worldWith = (hooks: Record<string, unknown> = {}): ChangeWorld =>
	makeWorld({ clock: systemClock, config: { hooks } });
const markOf = (world: ChangeWorld) => join(world.dir, 'running');

async function run(
	world: ChangeWorld,
	script: string,
	onTick: () => void = () => undefined,
): Promise<ScriptEnd> {
	return await runScript(world, {
		program: '/bin/bash',
		args: ['-c', script],
		cwd: world.layout.root,
		log: 'test',
		onTick,
	});
}

describe('a script', () => {
	test.each([
		['exit 0', { kind: 'exited', code: 0 }],
		['exit 7', { kind: 'exited', code: 7 }],
		['kill -KILL $$', { kind: 'killed', by: 'SIGKILL' }],
		['exec /nonexistent/program', { kind: 'exited', code: 127 }],
	])('is reported as it ended: %s', async (script, how) => {
		const world = worldWith();
		expect((await run(world, script)).how).toEqual(how);
		expect(existsSync(markOf(world))).toBe(false);
	});

	test('fails when it or its directory is missing', async () => {
		const world = worldWith();
		const missing = { program: './missing', args: [], log: 'test', onTick: () => undefined };
		expect((await runScript(world, { ...missing, cwd: world.layout.root })).how).toEqual({
			kind: 'exited',
			code: 127,
		});
		expect((await runScript(world, { ...missing, cwd: '/nonexistent' })).how).toEqual({
			kind: 'not-started',
			errno: 'ENOENT',
		});
	});

	test('gets an empty stdin and its arguments unchanged', async () => {
		const world = worldWith();
		const args = ['-c', 'cat; printf "<%s>" "$0" "$@"', 'a b', '$HOME', '', '-n', "it's"];
		const end = await runScript(world, {
			program: '/bin/bash',
			args,
			cwd: world.layout.root,
			log: 'test',
			onTick: () => undefined,
		});
		expect(end.output).toBe("<a b><$HOME><><-n><it's>");
	});

	test('is marked with its process id while it runs', async () => {
		const world = worldWith();
		let noted: unknown;
		await run(world, 'sleep 0.4', () => {
			if (existsSync(markOf(world))) noted ??= JSON.parse(readFileSync(markOf(world), 'utf8'));
		});
		expect(noted).toMatchObject({
			pid: expect.any(Number),
			startTicks: expect.any(String),
			bootId: expect.any(String),
		});
	});

	test('is polled while it runs and once at its end', async () => {
		const world = worldWith();
		const enough = join(world.dir, 'enough');
		let ticks = 0;
		await run(world, `until [[ -e ${enough} ]]; do sleep 0.02; done`, () => {
			ticks += 1;
			if (ticks === 3) writeFileSync(enough, '');
		});
		expect(ticks).toBeGreaterThan(3);
	});

	test('writes its output to a file of bounded size and returns the end of it', async () => {
		const world = worldWith({ output: '10KB' });
		const end = await run(world, 'yes | head -c 500000; echo the end >&2; exit 1');
		expect(end.output).toMatch(/the end\n$/);
		expect(end.output.length).toBeLessThanOrEqual(1000);
		expect(statSync(join(world.dir, 'logs/test.log')).size).toBeLessThanOrEqual(10 * 1024);
	});
});

describe('its group', () => {
	test('is killed at the time limit, however deep', async () => {
		const world = worldWith({ timeout: '300ms' });
		const end = await run(world, `: ${world.dir}; (sleep 300 & sleep 301) & sleep 302`);
		expect(end.how).toEqual({ kind: 'timed-out' });
		expect(processesOf(world.dir)).toEqual([]);
	});

	test('is killed when the script failed', async () => {
		const world = worldWith();
		await run(world, 'sleep 300 & exit 1');
		expect(processesOf(world.layout.root)).toEqual([]);
	});

	test('is killed with processes that started their own session when the script failed', async () => {
		const world = worldWith();
		await run(world, 'setsid sleep 300 & (setsid sh -c "sleep 301; :" &); sleep 0.3; exit 1');
		expect(processesOf(world.layout.root)).toEqual([]);
	});

	test('is killed together with what other scripts of the change left running', async () => {
		const world = worldWith();
		await run(world, 'setsid sleep 300 & exit 0');
		await run(world, 'sleep 301 & exit 0');
		expect(processesOf(world.layout.root)).toHaveLength(2);
		await endAllOf(world);
		expect(processesOf(world.layout.root)).toEqual([]);
	});

	test('is killed without what another script of the change left running', async () => {
		const world = worldWith();
		await run(world, 'setsid sleep 300 & exit 0');
		const failing = {
			program: '/bin/bash',
			args: ['-c', 'exit 1'],
			cwd: world.layout.root,
			log: 'another',
			onTick: () => undefined,
		};
		await runScript(world, failing);
		const [service, ...more] = processesOf(world.layout.root);
		expect(more).toEqual([]);
		await until('the service', () =>
			processesOf(world.layout.root).some(
				({ pid, command }) => pid === service?.pid && command === 'sleep 300',
			),
		);
		await endAllOf(world);
	});

	test('keeps running when the script succeeded: hooks start services that way', async () => {
		const world = worldWith();
		await run(world, 'sleep 300 & exit 0');
		const service = await until('the service', () =>
			processesOf(world.layout.root).find(({ command }) => command === 'sleep 300'),
		);
		process.kill(service.pid, 'SIGKILL');
	});
});

describe('what an earlier updater left running', () => {
	function start(): ChildProcess & { pid: number } {
		const child = spawn('sleep', ['300'], { detached: true, stdio: 'ignore' });
		onTestFinished(() => void child.kill('SIGKILL'));
		return child as ChildProcess & { pid: number };
	}

	test('is killed, and its mark is removed', async () => {
		const world = worldWith();
		const { pid } = start();
		writeFileSync(markOf(world), JSON.stringify(markProcess(pid)));
		await endLeftover(world);
		await until('its end', () => !isAlive(pid));
		expect(existsSync(markOf(world))).toBe(false);
	});

	test('is killed when its leader is gone or it started its own session', async () => {
		const world = worldWith();
		await run(world, 'setsid sleep 300 & sleep 301 & exit 0');
		writeFileSync(
			markOf(world),
			JSON.stringify({ pid: 1, startTicks: '1', bootId: 'another', script: 'test' }),
		);
		await endLeftover(world);
		expect(processesOf(world.layout.root)).toEqual([]);
	});

	test.each([
		['another process has its number by now', { startTicks: '1' }],
		['the machine was started anew since', { bootId: 'another' }],
	])('is left alone when %s', async (_, other) => {
		const world = worldWith();
		const { pid } = start();
		writeFileSync(markOf(world), JSON.stringify({ ...markProcess(pid), ...other }));
		await endLeftover(world);
		expect(isAlive(pid)).toBe(true);
		expect(existsSync(markOf(world))).toBe(false);
	});

	test.each(['', '{"pid": 12', '[]'])('may be %j after a power cut', async (left) => {
		const world = worldWith();
		writeFileSync(markOf(world), left);
		await endLeftover(world);
		expect(existsSync(markOf(world))).toBe(false);
	});

	test('may be nothing', async () => {
		await expect(endLeftover(worldWith())).resolves.toBeUndefined();
	});
});
