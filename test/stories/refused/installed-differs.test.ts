/** The installed release was changed by other means: this is reported, and the operator decides. */
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Box, boxForTest, startProgram } from '../../box/box.ts';
import { infoJson } from '../../box/releases/citadel.ts';
import { builtProgram } from '../../programs.ts';

const OLD = { version: '1.0.0', requires: '*' };
const NEW = { version: '1.1.0', requires: '*' };

const signalbox = (box: Box, ...args: readonly string[]) =>
	startProgram([builtProgram('operator'), '--root', box.root, '--config', box.config, ...args], '').ended;
const writeVersion = (box: Box, version: string) => writeFileSync(box.layout.info, infoJson(version, '*'));
const recordedVersion = (box: Box) => JSON.parse(readFileSync(box.layout.version, 'utf8')).version;

test('refuses updates after an older release was restored by hand, until the operator accepts it, then uses every stepping stone', async () => {
	const box = boxForTest(OLD);
	box.publish(NEW);
	box.publish({ version: '1.2.0', requires: '>=1.1.0' });
	const copy = join(box.dir, 'copy');
	execFileSync('cp', ['--archive', '--', box.root, copy]);
	expect((await box.updater('update', 'v1.2.0')).code).toBe(0);
	execFileSync('rsync', ['--archive', '--delete', '--exclude=/statuses', `${copy}/`, `${box.root}/`]);
	expect((await box.updater('update')).code).toBe(3);
	expect(box.change()).toMatchObject({
		state: 'failed',
		error: { code: 'installed-differs', facts: { says: '1.0.0', installed: '1.2.0' } },
	});
	expect((await signalbox(box, 'check')).code).toBe(3);
	expect((await signalbox(box, 'status')).stdout).toMatch(/^root says +1\.2\.0 was installed last/m);

	const kept = await signalbox(box, 'resolve', '--keep');
	expect(kept, kept.stderr).toMatchObject({
		code: 0,
		stdout: 'Accepted 1.0.0. Updates continue from there.\n',
	});
	expect(box.change()).toMatchObject({ kind: 'keep', state: 'committed', from: '1.2.0', to: '1.0.0' });
	expect((await signalbox(box, 'status')).stdout).not.toMatch(/^root says/m);
	const end = await box.updater('update', 'v1.2.0');
	expect({ code: end.code, error: box.change().error }).toEqual({ code: 0, error: null });
	expect(box.history().map(({ from, to }) => `${from}-${to}`)).toEqual([
		'1.1.0-1.2.0',
		'1.0.0-1.1.0',
		'1.2.0-1.0.0',
		'1.1.0-1.2.0',
		'1.0.0-1.1.0',
	]);
	expect(box.leftovers()).toEqual([]);
});

test('records the version that a rollback or update installed, forwards and backwards', async () => {
	const box = boxForTest(OLD);
	box.publish(NEW);
	expect((await box.updater('update')).code).toBe(0);
	writeVersion(box, '0.9.0');
	expect((await box.updater('rollback')).code, 'the backup belongs to root, whatever info.json says').toBe(0);
	expect([box.version(), recordedVersion(box)]).toEqual(['1.0.0', '1.0.0']);
	expect((await box.updater('update')).code).toBe(0);
	expect([box.version(), recordedVersion(box)]).toEqual(['1.1.0', '1.1.0']);
	box.publish({ version: '1.2.0', requires: '*', does: { '02': 'exit 1' } });
	expect((await box.updater('update')).code).toBe(4);
	expect([box.version(), recordedVersion(box)]).toEqual(['1.1.0', '1.1.0']);
});

test('records the installed version at the first check of a box without state', async () => {
	const box = boxForTest(NEW);
	box.publish({ version: '1.2.0', requires: '*' });
	for (const _ of ['never updated', 'lost']) {
		rmSync(box.state, { recursive: true, force: true });
		writeVersion(box, '1.1.0');
		expect((await box.updater('check')).code).toBe(0);
		writeVersion(box, '1.0.0');
		expect((await box.updater('update')).code).toBe(3);
		expect(box.change().error).toMatchObject({
			code: 'installed-differs',
			facts: { says: '1.0.0', installed: '1.1.0' },
		});
	}
});

test('records the version in the next updater when interrupted after the commit', async () => {
	const box = boxForTest(OLD);
	box.publish(NEW);
	await box.killUpdater({ after: '"event":"closed"' });
	expect([box.version(), recordedVersion(box)]).toEqual(['1.1.0', '1.0.0']);
	expect((await box.updater('check')).code, 'the change is still open').toBe(0);
	expect((await box.updater('update')).code).toBe(0);
	expect(recordedVersion(box)).toBe('1.1.0');
});
