/**
 * Threat 21: a directory above what root works in is somebody else's to write, who could put another one in
 * its place.
 */
import { chmodSync, chownSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Box, boxAt, boxForTest, type Ended, startProgram } from '../../box/box.ts';
import { builtProgram } from '../../programs.ts';
import { asManager, MANAGER, MANAGERS_GROUP } from '../second-user.ts';

interface Place {
	readonly box: Box;
	/** The directory above. */
	readonly above: string;
	readonly name: string;
	update(): Promise<Ended>;
	version(): string;
}

/** A box with a release to install, which lies one directory deeper in one of its parts. */
function placeOf(what: 'root' | 'state'): Place {
	const box = boxForTest({ version: '1.0.0', requires: '*' });
	box.publish({ version: '1.1.0', requires: '*' });
	chmodSync(box.dir, 0o755);
	const above = join(box.dir, 'above');
	mkdirSync(above);
	const { root, update } = what === 'root' ? rootBelow(box, above) : stateBelow(box, above);
	return {
		box,
		above,
		name: what,
		update,
		version: () => JSON.parse(readFileSync(join(root, 'info.json'), 'utf8')).version,
	};
}

function rootBelow(box: Box, above: string) {
	const root = join(above, 'root');
	renameSync(box.root, root);
	const args = [builtProgram('updater'), 'update', '--root', root, '--config', box.config];
	return { root, update: () => startProgram(args, '').ended };
}

function stateBelow(box: Box, above: string) {
	const below = boxAt(box.dir, { state: join(above, 'state') });
	below.configure('');
	mkdirSync(below.state, { mode: 0o700 });
	return { root: box.root, update: () => below.updater('update') };
}

const GIVEN: readonly (readonly [string, (above: string) => void])[] = [
	['open to all', (above) => chmodSync(above, 0o777)],
	['another user’s', (above) => chownSync(above, MANAGER, MANAGERS_GROUP)],
];

test.each(['root', 'state'] as const)(
	'a directory above the %s is somebody else’s: nothing is run, until it is root’s alone',
	async (what) => {
		const { above, name, update, version } = placeOf(what);
		for (const [how, give] of GIVEN) {
			give(above);
			// It is as easy as this.
			expect(() => asManager(`cd ${above} && mv ${name} away && mv away ${name}`), how).not.toThrow();
			const { code, stderr } = await update();
			expect({ how, code, version: version() }).toEqual({ how, code: 3, version: '1.0.0' });
			expect(stderr).toMatch(/^cannot trust .*: .*above (belongs to user|can be written by other users)/);
			expect(stderr).not.toMatch(/^\s+at /m);
			chownSync(above, 0, 0);
			chmodSync(above, 0o755);
		}
		expect((await update()).code).toBe(0);
		expect(version()).toBe('1.1.0');
	},
);

test('a user accepted by name may own directories above the root, such as a home', async () => {
	const { box, above, update } = placeOf('root');
	chownSync(above, MANAGER, MANAGERS_GROUP);
	box.configure(`[compat]\ntree_owner = ${MANAGER}`);
	expect((await update()).code).toBe(0);
});
