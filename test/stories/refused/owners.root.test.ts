/** Hooks of the field give the whole root to the user of the apps. Root must not run, follow or lose anything because of that. */
import { execFileSync, spawn } from 'node:child_process';
import {
	chmodSync,
	chownSync,
	existsSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Box, boxForTest, REPOSITORY } from '../../box/box.ts';
import { expectNothingChanged } from '../../box/expect.ts';
import type { CitadelRelease } from '../../box/releases/citadel.ts';

const APPS = 1000;
const MANAGER = 65534;
const OLD: CitadelRelease = { version: '1.0.0', requires: '*' };
const GIVE = `chown -R ${APPS}:${APPS} "$ROOT"`;
const NEW: CitadelRelease = { version: '1.1.0', requires: '*', does: { '00': GIVE } };

const ownerOf = (path: string) => statSync(path).uid;

describe('chown -R of the whole root in 00', () => {
	test('is survived: update after update is committed', async () => {
		const box = boxForTest(OLD);
		box.publish(NEW);
		box.publish({ ...NEW, version: '1.2.0', requires: '>=1.1.0' });
		expect((await box.updater('update')).code).toBe(0);
		expect(ownerOf(join(box.root, 'app-data/shop/orders'))).toBe(APPS);
		expect((await box.updater('update')).code).toBe(0);
		expect(box.version()).toBe('1.2.0');
		expect(box.leftovers()).toEqual([]);
	});

	test('leaves the doors between root and the manager as they were', async () => {
		const box = boxForTest(OLD);
		box.publish(NEW);
		chownSync(box.layout.signals, 0, MANAGER);
		chmodSync(box.layout.signals, 0o2770);
		const doors = [box.layout.events, box.layout.signals, box.layout.statuses, box.layout.signalReports];
		const before = doors.map((path) => [path, statSync(path).uid, statSync(path).gid, statSync(path).mode]);
		expect((await box.updater('update')).code).toBe(0);
		expect(doors.map((path) => [path, statSync(path).uid, statSync(path).gid, statSync(path).mode])).toEqual(
			before,
		);
		expect(readdirSync(box.layout.statuses).map((name) => ownerOf(join(box.layout.statuses, name)))).toEqual(
			readdirSync(box.layout.statuses).map(() => 0),
		);
	});

	test('is taken back with everything else when the update fails', async () => {
		const box = boxForTest(OLD);
		chownSync(join(box.root, 'app-data/shop'), APPS, APPS);
		chmodSync(join(box.root, 'app-data/shop/orders'), 0o4711);
		const before = box.fingerprint();
		box.publish({ ...NEW, does: { '00': GIVE, '02': 'exit 1' } });
		expectNothingChanged(box, before, await box.updater('update'), { code: 'hook-failed', exit: 4 });
	});

	test('and back by hand: a rollback gives every file to whom it belonged', async () => {
		const box = boxForTest(OLD);
		const before = box.fingerprint();
		box.publish(NEW);
		await box.updater('update');
		expect((await box.updater('rollback')).code).toBe(0);
		expect(box.fingerprint()).toEqual(before);
	});
});

describe('what root runs', () => {
	test.each([
		['changed', 'echo "echo evil" >> "$STAGED"/scripts/update/01-run.sh'],
		[
			'replaced by a link',
			'echo "#!/bin/sh" > /tmp/evil-$$; ln -sf /tmp/evil-$$ "$STAGED"/scripts/update/01-run.sh; rm /tmp/evil-$$',
		],
		[
			'replaced by a FIFO',
			'rm "$STAGED"/scripts/update/01-run.sh; mkfifo "$STAGED"/scripts/update/01-run.sh',
		],
		['removed', 'rm "$STAGED"/scripts/update/01-run.sh'],
	])('a staged hook that was %s since is not run', async (_, change) => {
		const box = boxForTest(OLD);
		const before = box.fingerprint();
		box.publish({ ...NEW, does: { '00': `${GIVE}\n${change}` } });
		expectNothingChanged(box, before, await box.updater('update'), { code: 'content-changed', exit: 4 });
	});

	test('a staged file that everybody may write, and a hook that lost its mode, are mended before the next hook', async () => {
		const box = boxForTest(OLD);
		const look =
			'stat -c "%u %a" "$STAGED" "$STAGED"/scripts "$STAGED"/scripts/update "$STAGED"/info.json "$STAGED"/scripts/update/02-run.sh > "$ROOT"/db/modes';
		box.publish({
			...NEW,
			does: {
				'00': `${GIVE}\nchmod -R a+rwx "$STAGED"; chmod 0666 "$STAGED"/scripts/update/0*-run.sh`,
				'01': look,
			},
		});
		expect((await box.updater('update')).code).toBe(0);
		expect(readFileSync(join(box.root, 'db/modes'), 'utf8')).toBe('0 755\n0 755\n0 755\n0 755\n0 755\n');
	});

	test('the staging directory that somebody else put in its place is not used', async () => {
		const box = boxForTest(OLD);
		const before = box.fingerprint();
		const swap =
			'mv "$STAGED" "$ROOT"/app-data/away; cp -a "$ROOT"/app-data/away "$ROOT"/.citadel-v1.1.0; echo evil >> "$ROOT"/.citadel-v1.1.0/scripts/update/01-run.sh';
		box.publish({ ...NEW, does: { '00': swap } });
		const end = await box.updater('update');
		execFileSync('rm', ['-rf', join(box.root, 'app-data/away')]);
		expectNothingChanged(box, before, end, { code: 'content-changed', exit: 4 });
	});

	test('rollback.sh that another user could have written is never run: the update is refused before', async () => {
		const box = boxForTest(OLD);
		chownSync(join(box.root, 'scripts/update/rollback.sh'), APPS, APPS);
		const before = box.fingerprint();
		box.publish(NEW);
		expectNothingChanged(box, before, await box.updater('update'), { code: 'tree-unsafe', exit: 3 });
		box.configure(`[compat]\ntree_owner = ${APPS}`);
		expect((await box.updater('update')).code).toBe(0);
	});

	test('rollback.sh that root installed itself is run, also from a tree that is not root’s, unless it was changed since', async () => {
		const box = boxForTest(OLD);
		box.publish({ ...NEW, does: { started: GIVE } });
		await box.updater('update');
		expect(ownerOf(join(box.root, 'scripts/update/rollback.sh'))).toBe(APPS);
		box.publish({ ...NEW, version: '1.2.0', does: { '02': 'exit 1' } });
		expect((await box.updater('update')).code).toBe(4);
		writeFileSync(join(box.root, 'scripts/update/rollback.sh'), '#!/bin/sh\ntouch /tmp/evil\n');
		box.publish({ ...NEW, version: '1.3.0' });
		expect((await box.updater('update', 'v1.3.0')).code).toBe(3);
		expect(box.change().error).toMatchObject({ code: 'tree-unsafe' });
	});

	test('what was sealed before the hooks ran is what starts the old release', async () => {
		const box = boxForTest({ ...OLD, does: { rollback: 'echo sealed > "$ROOT"/db/restarted' } });
		box.publish({
			...NEW,
			does: {
				'00': GIVE,
				overlaid: 'echo "echo evil > $ROOT/db/restarted" > "$ROOT"/scripts/update/rollback.sh; exit 1',
			},
		});
		expect((await box.updater('update')).code).toBe(4);
		expect(readFileSync(join(box.root, 'db/restarted'), 'utf8')).toBe('sealed\n');
	});

	test('install.restart is run instead, and without either there is nothing to be run', async () => {
		const box = boxForTest({ ...OLD, files: { 'scripts/update/rollback.sh': undefined } });
		box.configure(`[install]\nrestart = ["/usr/bin/touch", "${box.root}/db/restarted"]`);
		box.publish({ ...NEW, does: { '02': 'exit 1' } });
		expect((await box.updater('update')).code).toBe(4);
		expect(existsSync(join(box.root, 'db/restarted'))).toBe(true);
	});
});

describe('statuses', () => {
	test('that a hook turned into a link to elsewhere: root writes nothing there', async () => {
		const box = boxForTest(OLD);
		const outside = join(box.dir, 'outside');
		mkdirSync(outside);
		box.publish({
			...NEW,
			does: {
				started: `mv "$ROOT"/statuses "$ROOT"/db/statuses; ln -s ${outside} "$ROOT"/statuses; chown -h ${APPS} "$ROOT"/statuses`,
			},
		});
		box.configure('[hooks]\npause = "20ms"');
		expect((await box.updater('update')).code).toBe(0);
		const ours = readdirSync(outside).filter((name) => name !== 'update-status.json');
		expect(ours, 'what the hooks themselves write by that name is theirs').toEqual([]);
	});

	test('shared with managers of older systems are root’s alone while an update runs', async () => {
		const box = boxForTest(OLD);
		writeFileSync(
			box.config,
			`shared_statuses = true\n${readFileSync(box.config, 'utf8').replace('signalbox-tests', 'nogroup')}`,
		);
		chownSync(box.layout.statuses, 0, MANAGER);
		chmodSync(box.layout.statuses, 0o770);
		const precious = join(box.dir, 'precious');
		writeFileSync(precious, 'precious');
		const plant = (name: string) => symlinkSync(precious, join(box.layout.statuses, name));
		for (const name of ['update-failure', 'temperature-status.json', 'update-in-progress']) plant(name);
		box.publish({
			...NEW,
			does: {
				'00': 'stat -c "%u %a" "$ROOT"/statuses > "$ROOT"/db/mode; echo hot > "$ROOT"/statuses/temperature-status.json',
			},
		});
		expect((await box.updater('update')).code).toBe(0);
		expect(readFileSync(join(box.root, 'db/mode'), 'utf8')).toBe('0 750\n');
		expect(readFileSync(precious, 'utf8')).toBe('precious');
		expect(statSync(box.layout.statuses).mode & 0o777).toBe(0o770);
		expect(statSync(box.layout.statuses).gid).toBe(MANAGER);
		expect((await box.updater('check')).code).toBe(0);
		expect(statSync(box.layout.statuses).mode & 0o777, 'a check leaves it to the group as well').toBe(0o770);
	});
});

test('a source that belongs to another user is refused, with the way out', async () => {
	const box = boxForTest(OLD);
	box.publish(NEW);
	const before = box.fingerprint();
	execFileSync('chown', ['-R', String(APPS), box.source.dir]);
	expectNothingChanged(box, before, await box.updater('update'), { code: 'source-refused', exit: 3 });
	expect(box.change().error?.hint).toMatch(/HTTP|root/);
	execFileSync('chown', ['-R', '0', box.source.dir]);
	expect((await box.updater('update')).code).toBe(0);
});

describe('one ordinary user who runs everything', () => {
	async function asUser(box: Box, verb: string): Promise<number | null> {
		execFileSync('chown', ['-R', `${MANAGER}:${MANAGER}`, box.dir]);
		const args = [
			join(REPOSITORY, 'src/privileged/updater/main.ts'),
			verb,
			'--root',
			box.root,
			'--config',
			box.config,
		];
		const child = spawn(process.execPath, args, {
			uid: MANAGER,
			gid: MANAGER,
			stdio: ['ignore', 'ignore', 'inherit'],
			cwd: '/',
		});
		const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
		execFileSync('chown', ['-R', '0:0', box.source.dir]);
		return code;
	}

	test('updates, fails, and goes back', async () => {
		const box = boxForTest(OLD);
		box.publish({ ...NEW, does: {} });
		expect(await asUser(box, 'update')).toBe(0);
		expect(box.version()).toBe('1.1.0');
		const young = box.fingerprint();
		box.publish({ version: '1.2.0', requires: '*', does: { '02': 'exit 1' } });
		expect(await asUser(box, 'update')).toBe(4);
		expect(box.fingerprint()).toEqual(young);
		expect(await asUser(box, 'rollback')).toBe(0);
		expect(box.version()).toBe('1.0.0');
		expect(box.leftovers()).toEqual([]);
	});
});
