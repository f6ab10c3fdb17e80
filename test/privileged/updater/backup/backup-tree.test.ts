/** The backup: what a power cut left of one is no backup yet. */
import { mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { backUpTree } from '../../../../src/privileged/updater/backup/backup-tree.ts';
import { makeWorld } from '../../../box/world.ts';

const NO_FILTERS = { spare: [], include: undefined, ignore: undefined };

test('copies a file again whose size and mtime match but whose content was lost in a power cut', async () => {
	const world = makeWorld();
	const backup = join(world.dir, 'backup');
	const [installed, kept] = [join(world.layout.root, 'file'), join(backup, 'tree/file')];
	mkdirSync(join(backup, 'tree'), { recursive: true });
	writeFileSync(installed, 'precious');
	writeFileSync(kept, '\0'.repeat(8));
	for (const path of [installed, kept]) utimesSync(path, 1_700_000_000, 1_700_000_000);
	await backUpTree(world, backup, NO_FILTERS, []);
	expect(readFileSync(kept, 'utf8')).toBe('precious');
});
