/** Disks that are too small, or fill up during an update: on file systems of their own. */
import { execFileSync } from 'node:child_process';
import {
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	realpathSync,
	rmSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type Box, boxForTest } from '../../box/box.ts';
import { expectGoodUpdateWorks, expectNothingChanged } from '../../box/expect.ts';
import { NO_HOOKS } from '../../box/releases/citadel.ts';

const OLD = { version: '1.0.0', requires: '*' };
const NEW = { version: '1.1.0', requires: '*' };
const MB = 1024 * 1024;

/** Mounts a file system of this many megabytes for one test. */
function mountSmall(megabytes: number): string {
	const dir = realpathSync(mkdtempSync(join(tmpdir(), 'signalbox-small-')));
	onTestFinished(() => {
		execFileSync('umount', ['--lazy', dir]);
		rmSync(dir, { recursive: true, force: true });
	});
	execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=755`, 'signalbox-test', dir]);
	return dir;
}

/** A box whose root, state, source and configuration are on a small disk. */
function boxOn(dir: string): Box {
	const place = join(dir, 'box');
	mkdirSync(place);
	return boxForTest(OLD, { dir: place });
}

test('refuses an update before it begins and reports the space that is missing', async () => {
	const box = boxOn(mountSmall(48));
	writeFileSync(join(box.root, 'large'), Buffer.alloc(11 * MB, 'x'));
	box.publish(NEW);
	const before = box.fingerprint();
	expectNothingChanged(box, before, await box.updater('update'), { code: 'space-missing', exit: 3 });
	const { facts, hint } = box.change().error ?? {};
	expect(Number(facts?.['need'])).toBeGreaterThan(Number(facts?.['free']));
	expect(hint).toMatch(/^free [\d.]+ [KM]B and ask again$/);
	rmSync(join(box.root, 'large'));
	await expectGoodUpdateWorks(box);
});

test('refuses a release that is larger than the free space before staging, and shows it in a check', async () => {
	const box = boxOn(mountSmall(64));
	box.configure('[install]\nspare = "1MB"');
	const source = box.source.dir;
	expect(source.startsWith(box.dir)).toBe(true);
	box.publish({
		...NEW,
		files: Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`zeros/${index}`, '\0'.repeat(MB)])),
	});
	const before = box.fingerprint();
	expect(JSON.parse((await box.updater('check')).stdout)).toMatchObject({
		reason: null,
		space: { from: 'release', verdict: 'does-not-fit' },
	});
	expectNothingChanged(box, before, await box.updater('update'), { code: 'space-missing', exit: 3 });
	await expectGoodUpdateWorks(box);
});

test('fetches nothing when there is no space to fetch a release', async () => {
	const box = boxOn(mountSmall(48));
	writeFileSync(join(box.root, 'large'), Buffer.alloc(20 * MB, 'x'));
	box.publish(NEW);
	const end = await box.updater('check');
	expect(JSON.parse(end.stdout)).toMatchObject({
		path: [],
		space: null,
		reason: { code: 'space-missing', facts: { from: 'installed' } },
	});
	expect(readdirSync(join(box.layout.store, 'objects/pack'))).toEqual([]);
	const before = box.fingerprint();
	expectNothingChanged(box, before, await box.updater('update'), { code: 'space-missing', exit: 3 });
});

/**
 * Prints so much that the journal's next line does not fit into the rest of its last block, and fills the
 * disk.
 */
const FILL =
	'head -c 1000 /dev/zero | tr "\\0" "\\1"; for i in 1 2 3; do cat /dev/zero > "$ROOT"/full$i 2>/dev/null || true; done';

test('rolls back and reports everything when a hook fills the disk to the last byte', async () => {
	const box = boxOn(mountSmall(64));
	box.configure('[install]\nspare = "1MB"');
	const before = box.fingerprint();
	box.publish({ ...NEW, does: { started: `${FILL}; exit 1` } });
	const end = await box.updater('update');
	expect(end.code).toBe(4);
	expect(box.change()).toMatchObject({ state: 'rolled-back', error: { code: 'hook-failed' } });
	expect(box.fingerprint()).toEqual(before);
	expect(box.leftovers()).toEqual([]);
	await expectGoodUpdateWorks(box);
});

test('rolls back when the updater is killed on a full disk', async () => {
	const box = boxOn(mountSmall(64));
	box.configure('[install]\nspare = "1MB"');
	const before = box.fingerprint();
	box.publish({ ...NEW, does: { started: `${FILL}; kill -KILL $PPID; sleep 60` } });
	await box.updater('update');
	expect((await box.updater('resume')).code).toBe(4);
	expect(box.change()).toMatchObject({ state: 'rolled-back', error: { code: 'interrupted' } });
	expect(box.fingerprint()).toEqual(before);
	expect(box.leftovers()).toEqual([]);
	await expectGoodUpdateWorks(box);
});

test('leaves the box unchanged when the disk of the state is full', async () => {
	const small = mountSmall(1);
	const box = boxForTest(OLD, { state: join(small, 'state') });
	box.publish({ ...NEW, files: { noise: Array.from({ length: 200_000 }, () => Math.random()).join('\n') } });
	const before = box.fingerprint();
	const end = await box.updater('update');
	expect(end.code === 1 || end.code === 3).toBe(true);
	expect(box.fingerprint()).toEqual(before);
	expect(readFileSync(box.layout.updateStatus, 'utf8')).toContain('failed');
});

test('commits the update even if the disk of statuses is full', async () => {
	const box = boxForTest(OLD);
	const say = 'scripts/update/00-run.sh';
	const quiet =
		'#!/bin/sh\nrsync -a --exclude=/.* --exclude=/db --exclude=/statuses ../../ "$2"/\ncp ../../service.txt "$2"/logs/service.running\n';
	box.publish({ ...NEW, files: { ...NO_HOOKS, [say]: { text: quiet, mode: 0o755 } } });
	execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4k,mode=755', 'signalbox-test', box.layout.statuses]);
	try {
		writeFileSync(join(box.layout.statuses, 'full'), Buffer.alloc(4096, 'x'));
		expect((await box.updater('update')).code).toBe(0);
	} finally {
		execFileSync('umount', ['--lazy', box.layout.statuses]);
	}
	expect(box.version()).toBe('1.1.0');
});
