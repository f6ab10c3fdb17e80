/** Disks that are too small, or get full in the middle: on file systems of their own. */
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

/** A box whose root and state lie on a small disk; the source and the configuration too. */
function boxOn(dir: string): Box {
	const place = join(dir, 'box');
	mkdirSync(place);
	return boxForTest(OLD, { dir: place });
}

test('less space than the update may need: it is not begun, and the need is told', async () => {
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

test('a release larger than what is free is refused before it is staged, and a check says so', async () => {
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

test('too little to bring a release here: nothing is brought', async () => {
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

/** Says so much that the journal's next line cannot fit into what is left of its last block, and fills the disk. */
const FILL =
	'head -c 1000 /dev/zero | tr "\\0" "\\1"; for i in 1 2 3; do cat /dev/zero > "$ROOT"/full$i 2>/dev/null || true; done';

test('a hook that fills the disk to the last byte: the old release is whole, and all of it is told', async () => {
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

test('the same, and the updater is killed there', async () => {
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

test('the state on a disk of its own that is full: the box is not touched', async () => {
	const small = mountSmall(1);
	const box = boxForTest(OLD, { state: join(small, 'state') });
	box.publish({ ...NEW, files: { noise: Array.from({ length: 200_000 }, () => Math.random()).join('\n') } });
	const before = box.fingerprint();
	const end = await box.updater('update');
	expect(end.code === 1 || end.code === 3).toBe(true);
	expect(box.fingerprint()).toEqual(before);
	expect(readFileSync(box.layout.updateStatus, 'utf8')).toContain('failed');
});

test('statuses on a disk that is full cost the report and not the update', async () => {
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
