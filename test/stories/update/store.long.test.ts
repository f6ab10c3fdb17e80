/** The store after many updates: it contains the installed release and what may come next, and no more. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Box, boxForTest } from '../../box/box.ts';
import { processesOf } from '../../box/processes.ts';
import { noise } from '../../box/releases/noise.ts';
import { until } from '../../until.ts';

/** Size of a file that changes with each release; compressed to three quarters in a pack. */
const LARGE = 400_000;

const release = (version: string, seed: number) => ({
	version,
	requires: '*',
	files: { large: noise(LARGE, seed) },
});

const inStore = (box: Box, ...args: readonly string[]) =>
	execFileSync('git', [`--git-dir=${box.layout.store}`, ...args], { encoding: 'utf8' }).trim();

const refsIn = (box: Box) =>
	inStore(box, 'for-each-ref', '--format=%(refname)').replaceAll('refs/signalbox/', '').split('\n');

function bytesIn(box: Box): number {
	const names = readdirSync(box.layout.store, { recursive: true, encoding: 'utf8' });
	return names.reduce((sum, name) => sum + statSync(join(box.layout.store, name)).size, 0);
}

test('keeps only the installed and previous release over three updates, one interrupted while pruning', async () => {
	const box = boxForTest(release('1.0.0', 0));
	const bin = join(box.dir, 'bin');
	mkdirSync(bin);
	box.configure(`[hooks]\npath = ["${bin}", "/usr/bin", "/bin"]`);
	for (const minor of [1, 2, 3]) {
		box.publish(release(`1.${minor}.0`, minor));
		if (minor === 3) await killWhilePruning(box, bin);
		expect((await box.updater('update')).code).toBe(0);
		expect(box.version()).toBe(`1.${minor}.0`);
		expect(refsIn(box)).toEqual(['channel', `tags/v1.${minor - 1}.0`, `tags/v1.${minor}.0`]);
		expect(bytesIn(box)).toBeLessThan(2.2 * LARGE);
		expect(box.leftovers()).toEqual([]);
	}
	expect((await box.updater('check')).code).toBe(0);
	expect(refsIn(box)).toEqual(['channel', 'tags/v1.3.0']);
	expect(bytesIn(box), 'only one release').toBeLessThan(1.2 * LARGE);
	inStore(box, 'fsck', '--full', '--strict');
	expect((await box.updater('rollback')).code, 'a rollback does not need the store').toBe(0);
	expect(box.version()).toBe('1.2.0');
	expect((await box.updater('update')).code).toBe(0);
	expect(box.version()).toBe('1.3.0');
});

/** Kills the updater after it has started `git repack`. */
async function killWhilePruning(box: Box, bin: string): Promise<void> {
	writeFileSync(
		join(bin, 'git'),
		'#!/bin/bash\n[[ " $* " == *" repack "* ]] && sleep 5\nexec /usr/bin/git "$@"\n',
		{ mode: 0o755 },
	);
	const { child, ended } = box.startUpdater('update');
	await until('git repack', () => processesOf(box.dir).some(({ command }) => command.includes(' repack ')));
	child.kill('SIGKILL');
	expect((await ended).code).toBe(null);
	rmSync(join(bin, 'git'));
}

test('removes withdrawn and superseded releases during a check, but not that of the open change', async () => {
	const box = boxForTest(release('1.0.0', 0));
	box.publish(release('1.1.0', 1));
	expect((await box.updater('check')).code).toBe(0);
	expect(refsIn(box)).toEqual(['channel', 'tags/v1.1.0']);
	await box.killUpdater({ after: '"event":"done","step":"fetch"' });
	box.publish(release('1.2.0', 2));
	expect((await box.updater('check')).code).toBe(0);
	expect(refsIn(box), 'a change is open').toContain('tags/v1.1.0');
	expect((await box.updater('resume')).code, 'the staged release is complete').toBe(0);
	expect(box.version()).toBe('1.1.0');
	box.publish(release('1.3.0', 3));
	await box.updater('check');
	expect(refsIn(box)).toEqual(['channel', 'tags/v1.1.0', 'tags/v1.3.0']);
	expect(bytesIn(box)).toBeLessThan(2.2 * LARGE);
	box.sourceIs({ url: `file://${box.dir}/gone` });
	await box.updater('check');
	expect(refsIn(box), 'an unreachable source withdraws nothing').toContain('tags/v1.3.0');
});
