/** Probes are asked until they are well once, or their time is up. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type OnProbing, requireWell } from '../../../../src/privileged/updater/health/probes.ts';
import type { ChangeWorld } from '../../../../src/privileged/updater/world.ts';
import { makeWorld, testClock } from '../../../box/world.ts';

function worldWith(command: readonly string[], clock = testClock()) {
	return makeWorld({
		clock,
		config: { probes: [{ name: 'door', command, interval: '2s', deadline: '10s' }] },
	});
}

const askAll = (world: ChangeWorld, onProbing?: OnProbing) =>
	requireWell(world, world.config.probes, onProbing);

test('no probes: the box is taken for well', async () => {
	expect(await askAll(makeWorld())).toBe(0);
});

test('a probe that is well at once is asked once', async () => {
	const clock = testClock();
	expect(await askAll(worldWith(['true'], clock))).toBe(1);
	expect(clock.slept).toEqual([0]);
});

test('a probe that is well at the third time is asked three times', async () => {
	const clock = testClock();
	const world = worldWith(
		['sh', '-c', 'echo >> "$SIGNALBOX_ROOT"/asked; [ $(wc -l < "$SIGNALBOX_ROOT"/asked) -ge 3 ]'],
		clock,
	);
	expect(await askAll(world)).toBe(1);
	expect(clock.slept).toEqual([0, 2000, 2000]);
	expect(readFileSync(join(world.layout.root, 'asked'), 'utf8')).toBe('\n\n\n');
});

test('a probe that is never well ends at its deadline, with its last words', async () => {
	const clock = testClock();
	await expect(askAll(worldWith(['sh', '-c', 'echo no answer >&2; exit 3'], clock))).rejects.toMatchObject({
		record: {
			code: 'probe-failed',
			message: expect.stringContaining('it ended with 3'),
			facts: { probe: 'door', said: 'it ended with 3: no answer' },
		},
	});
	expect(clock.slept.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(10_000);
	expect(clock.slept.length).toBeGreaterThan(3);
});

test('a probe that hangs is ended', async () => {
	const world = makeWorld({
		config: {
			probes: [
				{ name: 'door', command: ['sleep', '300'], timeout: '200ms', interval: '6s', deadline: '10s' },
			],
		},
	});
	await expect(askAll(world)).rejects.toMatchObject({
		record: { code: 'probe-failed', message: expect.stringContaining('in time') },
	});
});

test('a probe that is no program is not taken for well', async () => {
	const world = worldWith(['/nonexistent/probe']);
	writeFileSync(join(world.layout.root, 'x'), '');
	await expect(askAll(world)).rejects.toMatchObject({
		record: { code: expect.stringMatching(/probe-failed|tool-missing/) },
	});
});

test('while it soaks, that is told; a well probe that falls ill is named', async () => {
	const told: string[] = [];
	const command = [
		'sh',
		'-c',
		'echo >> "$SIGNALBOX_ROOT"/asked; n=$(wc -l < "$SIGNALBOX_ROOT"/asked); [ $n -eq 2 ] || [ $n -eq 3 ]',
	];
	const world = makeWorld({
		config: { probes: [{ name: 'door', command, interval: '2s', deadline: '10s', soak: '5s' }] },
	});
	await expect(askAll(world, (sentence) => told.push(sentence))).rejects.toMatchObject({
		record: {
			code: 'probe-failed',
			facts: { how: 'relapsed' },
			message: expect.stringContaining('did not stay so for 5.0 s'),
		},
	});
	expect(told).toEqual([
		'Waiting until the box is well: door',
		'The box is well; watching it for another 5.0 s',
		'The box is well; watching it for another 3.0 s',
	]);
});

test('several are asked as they fall due; one that is ill is not hidden by another that is well', async () => {
	const log = (name: string) => ['sh', '-c', `echo ${name} >> "$SIGNALBOX_ROOT"/asked`];
	const probes = [
		{ name: 'a', command: log('a'), interval: '3s', soak: '6s' },
		{ name: 'b', command: log('b'), interval: '2s', soak: '4s' },
	];
	const world = makeWorld({ config: { probes } });
	expect(await askAll(world)).toBe(2);
	expect(readFileSync(join(world.layout.root, 'asked'), 'utf8').split('\n').join('')).toBe('abbaba');
});

test('a wall clock that jumps changes nothing', async () => {
	const clock = testClock();
	const jumping = { ...clock, now: () => clock.now() * (clock.slept.length % 2 === 0 ? 0 : 1000) };
	const world = makeWorld({
		clock: jumping,
		config: { probes: [{ name: 'a', command: ['true'], interval: '2s', soak: '4s' }] },
	});
	expect(await askAll(world)).toBe(1);
	expect(clock.slept.filter((one) => one > 0)).toEqual([2000, 2000]);
});

test('a port is asked by a process of its own, and what it says is told', async () => {
	const world = makeWorld({ config: { probes: [{ name: 'ssh', kind: 'tcp', port: 1, deadline: '1s' }] } });
	await expect(askAll(world)).rejects.toMatchObject({
		record: { message: 'the box is not well: probe ssh: it takes no connection: ECONNREFUSED' },
	});
});
