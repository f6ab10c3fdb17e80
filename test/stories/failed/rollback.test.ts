/** Rollback by hand, and what to do when a rollback fails. */
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
import { builtProgram } from '../../programs.ts';
import { until } from '../../until.ts';

const OLD: CitadelRelease = { version: '1.0.0', requires: '*' };
const NEW: CitadelRelease = { version: '1.1.0', requires: '>=1.0.0' };

const terms = (said: object) => ({ 'scripts/update/.release.json': JSON.stringify(said) });

async function updated(box: Box, release: CitadelRelease = NEW): Promise<readonly string[]> {
	box.publish(release);
	expect((await box.updater('update')).code).toBe(0);
	return box.fingerprint();
}

/** Returns the releases whose backups are kept, in the order in which they were made. */
function backupsIn(box: Box): readonly string[] {
	const infos = readdirSync(box.layout.changes)
		.sort()
		.map((change) => join(box.layout.changes, change, 'backup/tree/info.json'));
	return infos.flatMap((path) => (existsSync(path) ? [JSON.parse(readFileSync(path, 'utf8')).version] : []));
}

/** A box that was updated once, of which tests get copies, with its root before and after. */
const ready = {} as { box: Box; old: readonly string[]; newer: readonly string[] };

beforeAll(async () => {
	const box = makeBox(OLD);
	const old = box.fingerprint();
	Object.assign(ready, { box, old, newer: await updated(box) });
});
afterAll(() => ready.box.remove());

const copyUpdated = () => ({ ...ready, box: copyForTest(ready.box) });

function expectRolledBackTo(box: Box, to: string): void {
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
	test('restores the previous release byte for byte and starts it with its own rollback.sh', async () => {
		const box = boxForTest({ ...OLD, does: { rollback: 'echo "$1 $2" > "$ROOT"/db/restarted' } });
		const old = box.fingerprint();
		await updated(box);
		expect((await box.updater('rollback')).code).toBe(0);
		expectRolledBackTo(box, '1.0.0');
		expect(readFileSync(join(box.root, 'db/restarted'), 'utf8')).toBe(`v1.0.0 ${box.root}\n`);
		rmSync(join(box.root, 'db/restarted'));
		expect(box.fingerprint()).toEqual(old);
	});

	test('leaves user data unchanged unless install.data names it', async () => {
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
		expectRolledBackTo(box, '1.0.0');
		expect(readFileSync(join(box.root, 'app-data/wallet/db'), 'utf8')).toBe('format 1');
		expect(readdirSync(join(box.root, 'app-data/wallet'))).toEqual(['db']);
		expect(readFileSync(join(box.root, 'db/user.json'), 'utf8'), 'install.data may name a file').toContain(
			'twelve words',
		);
		expect(readFileSync(join(box.root, 'app-data/shop/orders'), 'utf8')).toBe('order 1\norder 2\n');
	});

	test('can keep the data, including new files that no release brought', async () => {
		const box = boxForTest({ ...OLD, files: { 'share/settings': 'of 1.0.0' } });
		// A release should not do this: its filters do not ignore the second path.
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
		expect(JSON.parse((await box.updater('rollback-preview')).stdout)).toMatchObject({
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
		expectRolledBackTo(box, '1.0.0');
		expect(readFileSync(join(box.root, 'app-data/shop/orders'), 'utf8')).toBe('order 1\norder 2\n');
		for (const path of [...odd, 'lib/photos/deep/1', 'share/settings'])
			expect(readFileSync(join(box.root, path), 'utf8'), path).toBe('mine');
		expect(readFileSync(noText, 'utf8')).toBe('mine');
		expect(existsSync(join(box.root, 'lib/new.js')), 'files of the newer release are removed').toBe(false);
	});

	test('undoes both kept and restored data when the rollback fails', async () => {
		const box = boxForTest({ ...OLD, does: { rollback: '[[ ! -e "$ROOT"/db/broken ]] || exit 1' } });
		box.configure('[install]\ndata = ["app-data"]');
		await updated(box);
		// The backup has it, the current configuration does not.
		box.configure('');
		writeFileSync(join(box.root, 'app-data/shop/orders'), 'order 1\norder 2\n');
		writeFileSync(join(box.root, 'db/broken'), '');
		const newer = box.fingerprint();
		for (const data of ['restore', 'keep']) {
			expect((await box.updater('rollback', data)).code).toBe(4);
			expect(box.fingerprint(), data).toEqual(newer);
		}
	});

	test('never asks the source', async () => {
		const { box, old } = copyUpdated();
		let asked = 0;
		// It accepts each request and answers none.
		const port = await answeringServer(() => {
			asked += 1;
		});
		box.sourceIs({ url: `http://127.0.0.1:${port}/releases.git` });
		expect((await box.updater('way-back')).code).toBe(0);
		expect((await box.updater('rollback')).code).toBe(0);
		expect(asked).toBe(0);
		expect(box.fingerprint()).toEqual(old);
	});

	test('refuses a payload with an unknown data choice before anything else', async () => {
		const box = boxForTest(OLD);
		const before = box.fingerprint();
		expect((await box.updater('rollback', '{"data": "all"}')).code).toBe(3);
		expect(box.change().error).toMatchObject({ code: 'wish-unreadable' });
		expect(box.fingerprint()).toEqual(before);
	});

	test('refuses to keep data that the old release cannot read, but restores it', async () => {
		const box = boxForTest({ ...OLD, files: terms({ dataVersion: 1 }) });
		const old = box.fingerprint();
		const newer = await updated(box, { ...NEW, files: terms({ dataVersion: 2 }) });
		expect((await box.updater('rollback', 'keep')).code).toBe(3);
		expect(box.change().error).toMatchObject({ code: 'data-too-new', facts: { written: 2, readable: 1 } });
		expect(box.change().error?.hint).toContain('--data restore');
		expect(box.fingerprint()).toEqual(newer);
		expect((await box.updater('rollback', 'restore')).code).toBe(0);
		expect(box.fingerprint()).toEqual(old);
		expect((await box.updater('rollback', 'keep')).code, 'a newer release can read older data').toBe(0);
	});

	test('never goes below the minimum version of a release that was installed here', async () => {
		const box = boxForTest(OLD);
		const newer = await updated(box, { ...NEW, files: terms({ minimumSafeVersion: '1.1.0' }) });
		for (const data of ['restore', 'keep']) {
			expect((await box.updater('rollback', data)).code).toBe(3);
			expect(box.change().error).toMatchObject({
				code: 'below-floor',
				facts: { to: '1.0.0', floor: '1.1.0' },
			});
		}
		expect(box.fingerprint()).toEqual(newer);
		// A later release without a minimum does not lower it.
		await updated(box, { version: '1.2.0', requires: '*' });
		expect((await box.updater('rollback')).code, '1.1.0 is safe').toBe(0);
		rmSync(box.layout.minimumVersion);
		expect((await box.updater('rollback')).code).toBe(0);
		expect((await box.updater('rollback')).code, 'an interrupted clean-up had not written it').toBe(0);
		expect(JSON.parse(readFileSync(box.layout.minimumVersion, 'utf8'))).toMatchObject({
			minimumSafeVersion: '1.1.0',
		});
		writeFileSync(box.layout.info, readFileSync(box.layout.info, 'utf8').replace('1.1.0', '0.9.0'));
		expect((await box.updater('accept-root')).code, 'an older tree that was installed by other means').toBe(
			0,
		);
		expect((await box.updater('update', 'v1.0.0')).code).toBe(3);
		expect(box.change().error).toMatchObject({ code: 'below-floor' });
	});

	test('restores data that a failed release deleted', async () => {
		const box = boxForTest(OLD);
		const old = box.fingerprint();
		box.configure('[install]\ndata = ["app-data", "db"]');
		box.publish({ ...NEW, does: { started: 'rm -rf "$ROOT"/app-data/shop "$ROOT"/db; exit 1' } });
		expect((await box.updater('update')).code).toBe(4);
		expect(box.fingerprint()).toEqual(old);
	});

	test('can roll back a rollback, repeatedly', async () => {
		const { box, old, newer } = copyUpdated();
		expect((await box.updater('rollback')).code).toBe(0);
		expect(box.fingerprint()).toEqual(old);
		expect((await box.updater('rollback')).code).toBe(0);
		expectRolledBackTo(box, '1.1.0');
		expect(box.fingerprint()).toEqual(newer);
		expect((await box.updater('rollback')).code).toBe(0);
		expect(box.fingerprint()).toEqual(old);
	});

	test('knows what is installed at the next update', async () => {
		const box = boxForTest({ ...OLD, files: { 'lib/old.js': '' } });
		const newer = await updated(box);
		await box.updater('rollback');
		expect((await box.updater('update')).code, 'files that 1.0.0 brought may be deleted again').toBe(0);
		expect(box.fingerprint()).toEqual(newer);
	});

	test('rolls back only the last update', async () => {
		const { box } = copyUpdated();
		await updated(box, { version: '1.2.0', requires: '>=1.1.0' });
		await box.updater('rollback');
		expectRolledBackTo(box, '1.1.0');
		expect(backupsIn(box)).toEqual(['1.2.0']);
	});

	test('keeps older backups if configured, and restores the newest one', async () => {
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

	test('rolls back the last committed update even after a failed one', async () => {
		const { box, old } = copyUpdated();
		box.publish({ version: '1.2.0', requires: '>=1.1.0', does: { '02': 'exit 1' } });
		expect((await box.updater('update')).code).toBe(4);
		expect((await box.updater('rollback')).code).toBe(0);
		expect(box.fingerprint()).toEqual(old);
	});

	test('returns to the newer release when the older one does not start', async () => {
		const box = boxForTest({ ...OLD, does: { rollback: '[[ ! -e "$ROOT"/db/broken ]] || exit 1' } });
		const newer = await updated(box);
		writeFileSync(join(box.root, 'db/broken'), '');
		expect((await box.updater('rollback')).code).toBe(4);
		expect(box.change()).toMatchObject({
			kind: 'rollback',
			state: 'rolled-back',
			from: '1.1.0',
			error: { code: 'restart-failed' },
		});
		rmSync(join(box.root, 'db/broken'));
		expect(box.fingerprint()).toEqual(newer);
		expect(box.leftovers()).toEqual([]);
		expect((await box.updater('rollback')).code, 'the backup is still there').toBe(0);
		expect(box.version()).toBe('1.0.0');
	});

	test('returns to the newer release when killed in the middle, until it is requested again', async () => {
		const { box, old, newer } = copyUpdated();
		await box.killUpdater({ after: '"event":"done","step":"restore"' }, 'rollback');
		expect((await box.updater('resume')).code).toBe(4);
		expect(box.fingerprint()).toEqual(newer);
		expect(box.leftovers()).toEqual([]);
		await box.killUpdater({ after: '"event":"done","step":"restore"' }, 'rollback');
		expect(
			(await box.updater('rollback')).code,
			'the interrupted rollback is undone, then the new one runs',
		).toBe(0);
		expect(box.fingerprint()).toEqual(old);
		expect(box.history().map(({ outcome }) => outcome)).toEqual([
			'committed',
			'rolled-back',
			'rolled-back',
			'committed',
		]);
	});
});

describe('is refused on', () => {
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

describe('when the clock jumps back', () => {
	test('rolls back the last update in installation order', async () => {
		const { box } = copyUpdated();
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
	return startProgram([builtProgram('operator'), ...words, '--root', box.root, '--config', box.config], '');
}

describe('when the rollback fails', () => {
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

	const copyTrouble = () => ({ ...trouble, box: copyForTest(trouble.box) });

	test('reports needs-attention after two failures and keeps the backup', () => {
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
		expect(box.version(), 'the files are restored; only the start failed').toBe('1.0.0');
	});

	test('refuses updates until it is resolved', async () => {
		const { box } = trouble;
		expect((await box.updater('update')).code).toBe(7);
		expect(box.change(), 'the status still shows needs-attention').toMatchObject({
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
		expect((await box.updater('resume')).code, 'no change is open').toBe(0);
	});

	test('resolves it with a rollback once the cause is fixed', async () => {
		const { box, old } = copyTrouble();
		expect((await box.updater('rollback')).code, 'the cause is not fixed yet').toBe(7);
		rmSync(join(box.root, 'db/broken'));
		expect((await box.updater('rollback')).code).toBe(0);
		expect(box.fingerprint()).toEqual(old);
		expect(box.leftovers()).toEqual([]);
		box.publish({ version: '1.3.0', requires: '*' });
		expect((await box.updater('update')).code).toBe(0);
	});

	test('accepts the root when the operator says so, and keeps the backup until the next update', async () => {
		const { box, old } = copyTrouble();
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
		// Starting the old release failed, and accepting the root does not start it either.
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

	test('finishes an interrupted acceptance of the root', async () => {
		const { box } = copyTrouble();
		await box.killUpdater({ after: '"event":"done","step":"commit"' }, 'keep');
		expect((await box.updater('resume')).code).toBe(0);
		expect(box.change()).toMatchObject({ kind: 'keep', state: 'committed' });
		expect(box.leftovers()).toEqual([]);
	});

	test('does not accept a root with an unreadable info.json', async () => {
		const { box } = copyTrouble();
		writeFileSync(box.layout.info, '{');
		expect((await box.updater('keep')).code).toBe(3);
		expect((await box.updater('update')).code).toBe(7);
	});

	test('resolves it later if files could not be restored, even with the backup of the hooks in place', async () => {
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

describe('concurrent requests', () => {
	test('run one updater and answer busy to the others', async () => {
		const box = boxForTest(OLD);
		box.publish({
			...NEW,
			does: {
				'01': 'touch "$ROOT"/db/.waiting; for i in {1..5000}; do [[ -e "$ROOT"/db/.go ]] && break; sleep 0.02; done; rm "$ROOT"/db/.go "$ROOT"/db/.waiting',
			},
		});
		const first = box.startUpdater('update');
		await until('the first update', () => existsSync(join(box.root, 'db/.waiting')));
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
			'no other updater removes the marker',
		).toBe(true);
		writeFileSync(join(box.root, 'db/.go'), '');
		expect((await first.ended).code).toBe(0);
		expect(box.history()).toHaveLength(1);
		expect(box.leftovers()).toEqual([]);
	});

	test('run one update for ten requests at the same moment', async () => {
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
