/** A box that cannot update itself again is rolled back, whatever the release did to cause it. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Box, boxForTest } from '../../box/box.ts';
import { expectGoodUpdateWorks } from '../../box/expect.ts';

const OLD = { version: '1.0.0', requires: '*' };

/** One attempt is enough: what is broken stays broken. */
function boxWith(probe: boolean): Box {
	const box = boxForTest(OLD);
	box.sourceIs({ probe, probe_deadline: '1ms' });
	return box;
}

const MOVE = 'mv "$ROOT"/../source "$ROOT"/../gone';

test.each([
	[
		'the source out of its reach',
		MOVE,
		'source',
		(box: Box) => renameSync(join(box.dir, 'gone'), box.source.dir),
	],
	[
		'a configuration that cannot be read',
		'echo "[[" >>"$SIGNALBOX_CONFIG"',
		'config.toml',
		(box: Box) => writeFileSync(box.config, readFileSync(box.config, 'utf8').replace('[[\n', '')),
	],
	[
		'another source in the configuration',
		'sed -i "s#^url = .*#url = \\"file:///nonexistent/source\\"#" "$SIGNALBOX_CONFIG"',
		'/nonexistent/source',
		(box: Box) => box.sourceIs({}),
	],
] as const)('rolls back a release that leaves the box with %s', async (_what, damage, named, repair) => {
	const box = boxWith(true);
	box.publish({ version: '1.1.0', requires: '*', does: { '02': damage } });
	const before = box.fingerprint();
	const end = await box.updater('update');
	expect(box.change()).toMatchObject({
		state: 'rolled-back',
		error: { code: 'probe-failed', facts: { probe: 'source', kind: 'source' } },
	});
	expect(box.change().error?.message).toContain(named);
	expect(end.code).toBe(4);
	expect(box.fingerprint()).toEqual(before);
	repair(box);
	await expectGoodUpdateWorks(box);
});

test('commits without reading the source again if source.probe is off', async () => {
	const box = boxWith(false);
	box.publish({ version: '1.1.0', requires: '*', does: { '02': MOVE } });
	expect((await box.updater('update')).code).toBe(0);
	expect(box.version()).toBe('1.1.0');
});

test('does not read the source after a rollback by hand', async () => {
	const box = boxWith(true);
	await expectGoodUpdateWorks(box, '1.1.0');
	renameSync(box.source.dir, join(box.dir, 'gone'));
	expect((await box.updater('rollback')).code).toBe(0);
	expect(box.version()).toBe('1.0.0');
});
