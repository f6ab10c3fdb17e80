/** Probes run until they succeed or their deadline passes. */
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

test('counts a box without probes as healthy', async () => {
	expect(await askAll(makeWorld())).toBe(0);
});

test('runs a probe that succeeds at once only once', async () => {
	const clock = testClock();
	expect(await askAll(worldWith(['true'], clock))).toBe(1);
	expect(clock.slept).toEqual([0]);
});

test('runs a probe until it succeeds', async () => {
	const clock = testClock();
	const world = worldWith(
		['sh', '-c', 'echo >> "$SIGNALBOX_ROOT"/asked; [ $(wc -l < "$SIGNALBOX_ROOT"/asked) -ge 3 ]'],
		clock,
	);
	expect(await askAll(world)).toBe(1);
	expect(clock.slept).toEqual([0, 2000, 2000]);
	expect(readFileSync(join(world.layout.root, 'asked'), 'utf8')).toBe('\n\n\n');
});

test('fails at the deadline with the last output of the probe', async () => {
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

test('ends a hanging probe', async () => {
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

test('fails a probe whose program cannot run', async () => {
	const world = worldWith(['/nonexistent/probe']);
	writeFileSync(join(world.layout.root, 'x'), '');
	await expect(askAll(world)).rejects.toMatchObject({
		record: { code: expect.stringMatching(/probe-failed|tool-missing/) },
	});
});

test('reports the soak, and names a probe that fails during it', async () => {
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

test('runs several probes as they fall due, and fails if one of them fails', async () => {
	const log = (name: string) => ['sh', '-c', `echo ${name} >> "$SIGNALBOX_ROOT"/asked`];
	const probes = [
		{ name: 'a', command: log('a'), interval: '3s', soak: '6s' },
		{ name: 'b', command: log('b'), interval: '2s', soak: '4s' },
	];
	const world = makeWorld({ config: { probes } });
	expect(await askAll(world)).toBe(2);
	expect(readFileSync(join(world.layout.root, 'asked'), 'utf8').split('\n').join('')).toBe('abbaba');
});

test('ignores jumps of the wall clock', async () => {
	const clock = testClock();
	const jumping = { ...clock, now: () => clock.now() * (clock.slept.length % 2 === 0 ? 0 : 1000) };
	const world = makeWorld({
		clock: jumping,
		config: { probes: [{ name: 'a', command: ['true'], interval: '2s', soak: '4s' }] },
	});
	expect(await askAll(world)).toBe(1);
	expect(clock.slept.filter((one) => one > 0)).toEqual([2000, 2000]);
});

test('checks a port in a process of its own and reports its output', async () => {
	const world = makeWorld({ config: { probes: [{ name: 'ssh', kind: 'tcp', port: 1, deadline: '1s' }] } });
	await expect(askAll(world)).rejects.toMatchObject({
		record: { message: 'the box is not well: probe ssh: it does not accept connections: ECONNREFUSED' },
	});
});
