/** Going back by hand, and what is left to do when the way back itself fails. */
import {
	chmodSync,
	existsSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Box, boxForTest, copyForTest, makeBox, startProgram } from '../../box/box.ts';
import type { CitadelRelease } from '../../box/releases/citadel.ts';
import { answeringServer } from '../../box/sources/servers.ts';
import { until } from '../../until.ts';

const OLD: CitadelRelease = { version: '1.0.0', requires: '*' };
const NEW: CitadelRelease = { version: '1.1.0', requires: '>=1.0.0' };

const terms = (said: object) => ({ 'scripts/update/.release.json': JSON.stringify(said) });

async function updated(box: Box, release: CitadelRelease = NEW): Promise<readonly string[]> {
	box.publish(release);
	expect((await box.updater('update')).code).toBe(0);
	return box.fingerprint();
}

/** The releases whose backups are kept, in the order they were made. */
function backupsIn(box: Box): readonly string[] {
	const infos = readdirSync(box.layout.changes)
		.sort()
		.map((change) => join(box.layout.changes, change, 'backup/tree/info.json'));
	return infos.flatMap((path) => (existsSync(path) ? [JSON.parse(readFileSync(path, 'utf8')).version] : []));
}

/** A box that was updated once, of which tests get copies; with what its root was before and is now. */
const ready = {} as { box: Box; old: readonly string[]; young: readonly string[] };

beforeAll(async () => {
	const box = makeBox(OLD);
	const old = box.fingerprint();
	Object.assign(ready, { box, old, young: await updated(box) });
});
afterAll(() => ready.box.remove());

const takeUpdated = () => ({ ...ready, box: copyForTest(ready.box) });

function expectWentBack(box: Box, to: string): void {
	expect(box.version()).toBe(to);
	expect(box.change()).toMatchObject({
		kind: 'rollback',
		state: 'committed',
		to,
		progress: 100,
		error: null,
	});
	expect(box.history()[0]).toMatchObject({ kind: 'rollback', outcome: 'committed', to });
	expect(box.legacyStatus()).toMatchObject({ state: 'success', progress: 100, updateTo: '' });
	expect(box.leftovers()).toEqual([]);
}

describe('after a commit', () => {
	test('the release before comes back byte for byte, and is started by its own rollback.sh', async () => {
		const box = boxForTest({ ...OLD, does: { rollback: 'echo "$1 $2" > "$ROOT"/db/restarted' } });
		const old = box.fingerprint();
		await updated(box);
		expect((await box.updater('rollback')).code).toBe(0);
		expectWentBack(box, '1.0.0');
		expect(readFileSync(join(box.root, 'db/restarted'), 'utf8')).toBe(`v1.0.0 ${box.root}\n`);
		rmSync(join(box.root, 'db/restarted'));
		expect(box.fingerprint()).toEqual(old);
	});

	test('the user’s data stays as it is now, unless the configuration names it', async () => {
		const box = boxForTest(OLD);
		mkdirSync(join(box.root, 'app-data/wallet'));
		writeFileSync(join(box.root, 'app-data/wallet/db'), 'format 1');
		chmodSync(join(box.root, 'app-data/wallet/db'), 0o600);
		box.configure('[install]\ndata = ["app-data/wallet", "db/user.json", "not-there"]');
		await updated(box, {
			...NEW,
			does: {
				started:
					'echo format 2 > "$ROOT"/app-data/wallet/db; echo new > "$ROOT"/app-data/wallet/index; echo order 2 >> "$ROOT"/app-data/shop/orders; echo migrated > "$ROOT"/db/user.json',
			},
		});
		expect((await box.updater('rollback')).code).toBe(0);
		expectWentBack(box, '1.0.0');
		expect(readFileSync(join(box.root, 'app-data/wallet/db'), 'utf8')).toBe('format 1');
		expect(readdirSync(join(box.root, 'app-data/wallet'))).toEqual(['db']);
		expect(readFileSync(join(box.root, 'db/user.json'), 'utf8'), 'a file may be named too').toContain(
			'twelve words',
		);
		expect(readFileSync(join(box.root, 'app-data/shop/orders'), 'utf8')).toBe('order 1\norder 2\n');
	});

	test('the data can be kept as it is now, with what was written since and no release brought', async () => {
		const box = boxForTest({ ...OLD, files: { 'share/settings': 'of 1.0.0' } });
		// Nothing that a release should do: its filters do not ignore the second one.
		box.configure('[install]\ndata = ["app-data", "share/settings"]');
		await updated(box, { ...NEW, files: { 'lib/new.js': 'of 1.1.0', 'share/settings': 'of 1.1.0' } });
		writeFileSync(join(box.root, 'app-data/shop/orders'), 'order 1\norder 2\n');
		writeFileSync(join(box.root, 'share/settings'), 'mine');
		const odd = ['lib/mine[1].txt', 'lib/two\nlines*', 'note*'];
		for (const path of odd) writeFileSync(join(box.root, path), 'mine');
		mkdirSync(join(box.root, 'lib/photos/deep'), { recursive: true });
		writeFileSync(join(box.root, 'lib/photos/deep/1'), 'mine');
		const noText = Buffer.concat([Buffer.from(`${box.root}/lib/`), Buffer.from([0x66, 0xfc, 0x72, 0xff])]);
		writeFileSync(noText, 'mine');
		expect(JSON.parse((await box.updater('way-back')).stdout)).toMatchObject({
			...{
				from: '1.1.0',
				to: '1.0.0',
				data: ['app-data', 'share/settings'],
				refused: { restore: null, keep: null },
			},
			written: {
				count: 9,
				paths: expect.arrayContaining(['app-data/shop/orders', 'share/settings', 'lib/mine[1].txt', 'note*']),
			},
		});
		expect((await box.updater('rollback', '{"data": "keep"}')).code).toBe(0);
		expectWentBack(box, '1.0.0');
		expect(readFileSync(join(box.root, 'app-data/shop/orders'), 'utf8')).toBe('order 1\norder 2\n');
		for (const path of [...odd, 'lib/photos/deep/1', 'share/settings'])
			expect(readFileSync(join(box.root, path), 'utf8'), path).toBe('mine');
		expect(readFileSync(noText, 'utf8')).toBe('mine');
		expect(existsSync(join(box.root, 'lib/new.js')), 'what the release brought is gone').toBe(false);
	});

	test('data kept and data restored are both undone by a rollback that fails', async () => {
		const box = boxForTest({ ...OLD, does: { rollback: '[[ ! -e "$ROOT"/db/broken ]] || exit 1' } });
		box.configure('[install]\ndata = ["app-data"]');
		await updated(box);
		// The backup has it, the configuration of today does not.
		box.configure('');
		writeFileSync(join(box.root, 'app-data/shop/orders'), 'order 1\norder 2\n');
		writeFileSync(join(box.root, 'db/broken'), '');
		const young = box.fingerprint();
		for (const data of ['restore', 'keep']) {
			expect((await box.updater('rollback', data)).code).toBe(4);
			expect(box.fingerprint(), data).toEqual(young);
		}
	});

	test('it never asks the source, which may be gone', async () => {
		const { box, old } = takeUpdated();
		let asked = 0;
		// It takes each request and answers none.
		const port = await answeringServer(() => {
			asked += 1;
		});
		box.sourceIs({ url: `http://127.0.0.1:${port}/releases.git` });
		expect((await box.updater('way-back')).code).toBe(0);
		expect((await box.updater('rollback')).code).toBe(0);
		expect(asked).toBe(0);
		expect(box.fingerprint()).toEqual(old);
	});

	test('a payload that is no choice is refused before anything else', async () => {
		const box = boxForTest(OLD);
		const before = box.fingerprint();
		expect((await box.updater('rollback', '{"data": "all"}')).code).toBe(3);
		expect(box.change().error).toMatchObject({ code: 'wish-unreadable' });
		expect(box.fingerprint()).toEqual(before);
	});

	test('data that the old release cannot read is not kept; restored it is', async () => {
		const box = boxForTest({ ...OLD, files: terms({ dataVersion: 1 }) });
		const old = box.fingerprint();
		const young = await updated(box, { ...NEW, files: terms({ dataVersion: 2 }) });
		expect((await box.updater('rollback', 'keep')).code).toBe(3);
		expect(box.change().error).toMatchObject({ code: 'data-too-new', facts: { written: 2, readable: 1 } });
		expect(box.change().error?.hint).toContain('--data restore');
		expect(box.fingerprint()).toEqual(young);
		expect((await box.updater('rollback', 'restore')).code).toBe(0);
		expect(box.fingerprint()).toEqual(old);
		expect((await box.updater('rollback', 'keep')).code, 'a newer release reads older data').toBe(0);
	});

	test('not below what a release that was installed here calls safe, however it is asked for', async () => {
		const box = boxForTest(OLD);
		const young = await updated(box, { ...NEW, files: terms({ minimumSafeVersion: '1.1.0' }) });
		for (const data of ['restore', 'keep']) {
			expect((await box.updater('rollback', data)).code).toBe(3);
			expect(box.change().error).toMatchObject({
				code: 'below-floor',
				facts: { to: '1.0.0', floor: '1.1.0' },
			});
		}
		expect(box.fingerprint()).toEqual(young);
		// A later release that says nothing of it does not lower it.
		await updated(box, { version: '1.2.0', requires: '*' });
		expect((await box.updater('rollback')).code, '1.1.0 is safe').toBe(0);
		rmSync(box.layout.minimumVersion);
		expect((await box.updater('rollback')).code).toBe(0);
		expect(
			(await box.updater('rollback')).code,
			'a clean-up that never succeeded had not written it down',
		).toBe(0);
		expect(JSON.parse(readFileSync(box.layout.minimumVersion, 'utf8'))).toMatchObject({
			minimumSafeVersion: '1.1.0',
		});
		writeFileSync(box.layout.info, readFileSync(box.layout.info, 'utf8').replace('1.1.0', '0.9.0'));
		expect((await box.updater('keep')).code, 'an older tree that another hand installed').toBe(0);
		expect((await box.updater('update', 'v1.0.0')).code).toBe(3);
		expect(box.change().error).toMatchObject({ code: 'below-floor' });
	});

	test('data that the release deleted is back after a failure as well', async () => {
		const box = boxForTest(OLD);
		const old = box.fingerprint();
		box.configure('[install]\ndata = ["app-data", "db"]');
		box.publish({ ...NEW, does: { started: 'rm -rf "$ROOT"/app-data/shop "$ROOT"/db; exit 1' } });
		expect((await box.updater('update')).code).toBe(4);
		expect(box.fingerprint()).toEqual(old);
	});

	test('a rollback can be rolled back, and so on', async () => {
		const { box, old, young } = takeUpdated();
		expect((await box.updater('rollback')).code).toBe(0);
		expect(box.fingerprint()).toEqual(old);
		expect((await box.updater('rollback')).code).toBe(0);
		expectWentBack(box, '1.1.0');
		expect(box.fingerprint()).toEqual(young);
		expect((await box.updater('rollback')).code).toBe(0);
		expect(box.fingerprint()).toEqual(old);
	});

	test('the next update works, and knows what is installed', async () => {
		const box = boxForTest({ ...OLD, files: { 'lib/old.js': '' } });
		const young = await updated(box);
		await box.updater('rollback');
		expect((await box.updater('update')).code, 'what 1.0.0 brought may be deleted again').toBe(0);
		expect(box.fingerprint()).toEqual(young);
	});

	test('only the last update can be taken back', async () => {
		const { box } = takeUpdated();
		await updated(box, { version: '1.2.0', requires: '>=1.1.0' });
		await box.updater('rollback');
		expectWentBack(box, '1.1.0');
		expect(backupsIn(box)).toEqual(['1.2.0']);
	});

	test('older backups are kept where the configuration asks for them, and a rollback still brings the newest back', async () => {
		const box = boxForTest(OLD);
		box.configure('[install]\nbackups = 2');
		await updated(box);
		await updated(box, { version: '1.2.0', requires: '*' });
		await updated(box, { version: '1.3.0', requires: '*' });
		expect(backupsIn(box)).toEqual(['1.1.0', '1.2.0']);
		expect((await box.updater('rollback')).code).toBe(0);
		expect(box.version()).toBe('1.2.0');
		expect(backupsIn(box)).toEqual(['1.2.0', '1.3.0']);
	});

	test('a failed update after it does not change what a rollback means', async () => {
		const { box, old } = takeUpdated();
		box.publish({ version: '1.2.0', requires: '>=1.1.0', does: { '02': 'exit 1' } });
		expect((await box.updater('update')).code).toBe(4);
		expect((await box.updater('rollback')).code).toBe(0);
		expect(box.fingerprint()).toEqual(old);
	});

	test('a release that does not start again: the newer one is back, and runs', async () => {
		const box = boxForTest({ ...OLD, does: { rollback: '[[ ! -e "$ROOT"/db/broken ]] || exit 1' } });
		const young = await updated(box);
		writeFileSync(join(box.root, 'db/broken'), '');
		expect((await box.updater('rollback')).code).toBe(4);
		expect(box.change()).toMatchObject({
			kind: 'rollback',
			state: 'rolled-back',
			from: '1.1.0',
			error: { code: 'restart-failed' },
		});
		rmSync(join(box.root, 'db/broken'));
		expect(box.fingerprint()).toEqual(young);
		expect(box.leftovers()).toEqual([]);
		expect((await box.updater('rollback')).code, 'the backup is still there').toBe(0);
		expect(box.version()).toBe('1.0.0');
	});

	test('it is killed half-way: the newer release is back, until it is asked once more', async () => {
		const { box, old, young } = takeUpdated();
		await box.killUpdater({ after: '"event":"done","step":"restore"' }, 'rollback');
		expect((await box.updater('resume')).code).toBe(4);
		expect(box.fingerprint()).toEqual(young);
		expect(box.leftovers()).toEqual([]);
		await box.killUpdater({ after: '"event":"done","step":"restore"' }, 'rollback');
		expect((await box.updater('rollback')).code, 'what was cut is undone, and then it is done').toBe(0);
		expect(box.fingerprint()).toEqual(old);
		expect(box.history().map(({ outcome }) => outcome)).toEqual([
			'committed',
			'rolled-back',
			'rolled-back',
			'committed',
		]);
	});
});

describe('nothing to go back to', () => {
	test.each<[string, CitadelRelease | undefined]>([
		['a box that was never updated', undefined],
		['a box whose only update was refused', { ...NEW, files: { 'scripts/update/.requires': 'none-such' } }],
		['a box whose only update was rolled back', { ...NEW, does: { '01': 'exit 1' } }],
	])('%s', async (_, release) => {
		const box = boxForTest(OLD);
		const before = box.fingerprint();
		if (release !== undefined) {
			box.publish(release);
			await box.updater('update');
		}
		expect((await box.updater('rollback')).code).toBe(3);
		expect(box.change().error).toMatchObject({ code: 'nothing-to-roll-back' });
		expect(box.fingerprint()).toEqual(before);
		expect(box.leftovers()).toEqual([]);
	});
});

describe('the clock of a box without a battery jumps back', () => {
	test('and the last update is still the one that is taken back', async () => {
		const { box } = takeUpdated();
		const inTheFuture = '20991231-000000-ffff';
		const [change = ''] = readdirSync(box.layout.changes).filter((name) => /^\d/.test(name));
		const text = readFileSync(join(box.layout.changes, change, 'journal'), 'utf8');
		expect(text).toContain(change);
		const middle = box.fingerprint();
		// The clock was wrong when 1.1.0 was installed.
		renameSync(join(box.layout.changes, change), join(box.layout.changes, inTheFuture));
		await updated(box, { version: '1.2.0', requires: '>=1.1.0' });
		expect((await box.updater('rollback')).code).toBe(0);
		expect(box.version()).toBe('1.1.0');
		expect(box.fingerprint()).toEqual(middle);
	});
});

function signalbox(box: Box, ...words: readonly string[]) {
	return startProgram(
		['src/unprivileged/operator/main.ts', ...words, '--root', box.root, '--config', box.config],
		'',
	);
}

describe('the way back fails', () => {
	/**
	 * A box with a release that breaks, whose old release does not start again; tests that change it get
	 * copies.
	 */
	const trouble = {} as { readonly box: Box; readonly old: readonly string[] };

	beforeAll(async () => {
		const box = makeBox({
			...OLD,
			does: { rollback: '[[ ! -e "$ROOT"/db/broken ]] || { echo "no engine"; exit 1; }' },
		});
		const old = box.fingerprint();
		box.publish({ ...NEW, does: { '02': 'touch "$ROOT"/db/broken; exit 1' } });
		expect((await box.updater('update')).code).toBe(7);
		Object.assign(trouble, { box, old });
	});
	afterAll(() => trouble.box.remove());

	const takeTrouble = () => ({ ...trouble, box: copyForTest(trouble.box) });

	test('twice: everybody is told, and the backup is kept', () => {
		const { box } = trouble;
		expect(box.change()).toMatchObject({
			state: 'needs-attention',
			progress: 100,
			error: { code: 'hook-failed' },
			outcome: { kind: 'needs-attention', rollback: { code: 'restart-failed' } },
		});
		expect(box.change().next).toContain('signalbox resolve --rollback');
		expect(box.legacyStatus()).toMatchObject({ state: 'failed', progress: 100 });
		expect(box.history()[0]).toMatchObject({ outcome: 'needs-attention' });
		expect(existsSync(join(box.layout.changes, box.change().change, 'backup/tree/info.json'))).toBe(true);
		expect(box.version(), 'the files are back; only the start failed').toBe('1.0.0');
	});

	test('no update is let through before that is mended', async () => {
		const { box } = trouble;
		expect((await box.updater('update')).code).toBe(7);
		expect(box.change(), 'the trouble stays what is shown').toMatchObject({
			state: 'needs-attention',
			error: { code: 'needs-attention', hint: expect.stringContaining('signalbox resolve --keep') },
			outcome: { cause: { code: 'hook-failed' }, rollback: { code: 'restart-failed' } },
			kept: { backup: join(box.layout.changes, box.change().change, 'backup') },
		});
		const status = await signalbox(box, 'status').ended;
		for (const word of [
			'needs-attention',
			'restart-failed',
			box.change().change,
			'resolve --rollback',
			'resolve --keep',
			'/backup',
			'/logs',
		])
			expect(status.stdout).toContain(word);
		expect((await box.updater('resume')).code, 'there is nothing open').toBe(0);
	});

	test('a rollback repairs it once the cause is gone', async () => {
		const { box, old } = takeTrouble();
		expect((await box.updater('rollback')).code, 'not yet').toBe(7);
		rmSync(join(box.root, 'db/broken'));
		expect((await box.updater('rollback')).code).toBe(0);
		expect(box.fingerprint()).toEqual(old);
		expect(box.leftovers()).toEqual([]);
		box.publish({ version: '1.3.0', requires: '*' });
		expect((await box.updater('update')).code).toBe(0);
	});

	test('what is there is kept when the operator says so: the next update works, and the backup waits for it', async () => {
		const { box, old } = takeTrouble();
		const { change } = box.change();
		expect((await signalbox(box, 'resolve', '--keep').ended).code).toBe(0);
		expect(box.change()).toMatchObject({
			kind: 'keep',
			state: 'committed',
			from: '1.0.0',
			to: '1.0.0',
			error: null,
		});
		expect(box.history().map(({ kind, outcome }) => [kind, outcome])).toEqual([
			['keep', 'committed'],
			['update', 'needs-attention'],
		]);
		expect(existsSync(join(box.layout.changes, change, 'backup/tree'))).toBe(true);
		expect(box.leftovers()).toEqual([]);
		rmSync(join(box.root, 'db/broken'));
		// Starting the old release is what failed, and what is kept is not started either.
		const files = (tree: readonly string[]) => tree.filter((line) => !line.includes('service.running'));
		expect(files(box.fingerprint())).toEqual(files(old));
		const again = await signalbox(box, 'resolve', '--keep').ended;
		expect({ code: again.code, stderr: again.stderr }).toEqual({
			code: 3,
			stderr: expect.stringContaining('nothing-to-resolve'),
		});
		box.publish({ version: '1.3.0', requires: '*' });
		expect((await box.updater('update')).code).toBe(0);
		expect(box.version()).toBe('1.3.0');
	});

	test('a keep that is cut is finished', async () => {
		const { box } = takeTrouble();
		await box.killUpdater({ after: '"event":"done","step":"commit"' }, 'keep');
		expect((await box.updater('resume')).code).toBe(0);
		expect(box.change()).toMatchObject({ kind: 'keep', state: 'committed' });
		expect(box.leftovers()).toEqual([]);
	});

	test('a root that says nothing readable is not kept: the trouble stays', async () => {
		const { box } = takeTrouble();
		writeFileSync(box.layout.info, '{');
		expect((await box.updater('keep')).code).toBe(3);
		expect((await box.updater('update')).code).toBe(7);
	});

	test('because the files could not be put back, and the hooks’ own backup lies there still', async () => {
		const box = boxForTest(OLD);
		const old = box.fingerprint();
		const rsync = join(box.dir, 'bin');
		mkdirSync(rsync);
		writeFileSync(
			join(rsync, 'rsync'),
			'#!/bin/bash\n[[ "$*" == *--checksum* && -e "$(dirname "$0")"/broken ]] && exit 11\nexec /usr/bin/rsync "$@"\n',
			{ mode: 0o755 },
		);
		writeFileSync(join(rsync, 'broken'), '');
		box.configure(`[hooks]\npath = ["${rsync}", "/usr/bin", "/bin"]`);
		box.publish({ ...NEW, does: { '02': 'exit 1' } });
		expect((await box.updater('update')).code).toBe(7);
		expect(box.change().outcome).toMatchObject({
			kind: 'needs-attention',
			rollback: { code: 'restore-failed' },
		});
		expect(readdirSync(box.root)).toContain('.citadel-backup');
		rmSync(join(rsync, 'broken'));
		expect((await box.updater('rollback')).code).toBe(0);
		expect(box.fingerprint()).toEqual(old);
		expect(box.leftovers()).toEqual([]);
	});
});

describe('two at once', () => {
	test('one works, the others are told that it does, and the root is whole', async () => {
		const box = boxForTest(OLD);
		box.publish({
			...NEW,
			does: {
				'01': 'touch "$ROOT"/db/.waiting; for i in {1..5000}; do [[ -e "$ROOT"/db/.go ]] && break; sleep 0.02; done; rm "$ROOT"/db/.go "$ROOT"/db/.waiting',
			},
		});
		const first = box.startUpdater('update');
		await until('the first is at work', () => existsSync(join(box.root, 'db/.waiting')));
		expect(existsSync(join(box.layout.statuses, 'update-in-progress'))).toBe(true);
		const status = box.change();
		for (const verb of ['update', 'rollback', 'resume']) {
			const end = await box.updater(verb);
			expect({ verb, code: end.code }).toEqual({ verb, code: 6 });
			expect(end.stderr).toContain('another update is at work');
		}
		expect(box.change().change).toBe(status.change);
		expect(
			existsSync(join(box.layout.statuses, 'update-in-progress')),
			'nobody else takes the mark away',
		).toBe(true);
		writeFileSync(join(box.root, 'db/.go'), '');
		expect((await first.ended).code).toBe(0);
		expect(box.history()).toHaveLength(1);
		expect(box.leftovers()).toEqual([]);
	});

	test('ten at the same moment: one update, and ten answers', async () => {
		const box = boxForTest(OLD);
		box.publish(NEW);
		const ends = await Promise.all(Array.from({ length: 10 }, () => box.updater('update')));
		const codes = ends.map(({ code }) => code);
		expect(codes.filter((code) => code !== 0 && code !== 6)).toEqual([]);
		expect(codes).toContain(0);
		expect(box.history()).toHaveLength(1);
		expect(box.version()).toBe('1.1.0');
		expect(box.leftovers()).toEqual([]);
	});
});
