/** Probes are asked until they are well once, or their time is up. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { requireWell } from '../../../src/privileged/updater/probes.ts';
import { makeWorld, testClock } from '../../box/world.ts';

function worldWith(command: readonly string[], clock = testClock()) {
	return makeWorld({ clock, config: { probes: [{ name: 'door', command, interval: '2s', deadline: '10s' }] } });
}

test('no probes: the box is taken for well', async () => {
	expect(await requireWell(makeWorld())).toBe(0);
});

test('a probe that is well at once is asked once', async () => {
	const clock = testClock();
	expect(await requireWell(worldWith(['true'], clock))).toBe(1);
	expect(clock.slept).toEqual([]);
});

test('a probe that is well at the third time is asked three times', async () => {
	const clock = testClock();
	const world = worldWith(['sh', '-c', 'echo >> "$SIGNALBOX_ROOT"/asked; [ $(wc -l < "$SIGNALBOX_ROOT"/asked) -ge 3 ]'], clock);
	expect(await requireWell(world)).toBe(1);
	expect(clock.slept).toEqual([2000, 2000]);
	expect(readFileSync(join(world.layout.root, 'asked'), 'utf8')).toBe('\n\n\n');
});

test('a probe that is never well ends at its deadline, with its last words', async () => {
	const clock = testClock();
	await expect(requireWell(worldWith(['sh', '-c', 'echo no answer >&2; exit 3'], clock))).rejects.toMatchObject({
		record: { code: 'probe-failed', message: expect.stringContaining('it ended with 3'), facts: { probe: 'door', said: 'no answer\n' } },
	});
	expect(clock.slept.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(10_000);
	expect(clock.slept.length).toBeGreaterThan(3);
});

test('a probe that hangs is ended', async () => {
	const world = makeWorld({
		config: { probes: [{ name: 'door', command: ['sleep', '300'], timeout: '200ms', interval: '6s', deadline: '10s' }] },
	});
	await expect(requireWell(world)).rejects.toMatchObject({ record: { code: 'probe-failed', message: expect.stringContaining('in time') } });
});

test('a probe that is no program is not taken for well', async () => {
	const world = worldWith(['/nonexistent/probe']);
	writeFileSync(join(world.layout.root, 'x'), '');
	await expect(requireWell(world)).rejects.toMatchObject({ record: { code: expect.stringMatching(/probe-failed|tool-missing/) } });
});
