/** Threat 9: another account on the box, neither root nor in the group. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { boxForTest, REPOSITORY } from '../../box/box.ts';
import { asManager, groupOfManager } from '../second-user.ts';

const STRANGER = 65_533;

/**
 * What the stranger finds below these directories that a test of `find` holds for, himself told nothing of
 * what is closed to him.
 */
function finds(test: string, ...directories: readonly string[]): readonly string[] {
	const drop = [`--reuid=${STRANGER}`, `--regid=${STRANGER}`, '--clear-groups'];
	const { stdout } = spawnSync('setpriv', [...drop, 'find', ...directories, '-mindepth', '1', test], {
		encoding: 'utf8',
		cwd: '/',
	});
	return stdout.split('\n').filter((line) => line !== '');
}

test('of a box that init made, and that was updated, he can write nothing and read neither signals, statuses nor state', async () => {
	const box = boxForTest({ version: '1.0.0', requires: '*' });
	box.publish({ version: '1.1.0', requires: '*' });
	chmodSync(box.dir, 0o755);
	writeFileSync(box.config, readFileSync(box.config, 'utf8').replace('signalbox-tests', groupOfManager()));
	execFileSync(
		join(REPOSITORY, 'bin/signalbox'),
		['--root', box.root, '--config', box.config, 'init', box.root],
		{ stdio: 'pipe' },
	);
	const { signals, statuses, state } = box.layout;

	for (const when of ['before an update', 'after it']) {
		if (when === 'after it') expect((await box.updater('update')).code).toBe(0);
		// The manager can; the other account cannot.
		expect(
			() => asManager(`ls ${statuses} && touch ${signals}/hello && rm ${signals}/hello`),
			when,
		).not.toThrow();
		expect(finds('-writable', box.root, state), when).toEqual([]);
		expect(finds('-readable', signals, statuses, state), when).toEqual([]);
	}
});
