/**
 * Real hooks give the whole root to the user of the apps. Root must not run, follow or lose anything because
 * of that.
 */
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
import { type Box, boxForTest } from '../../box/box.ts';
import { expectNothingChanged } from '../../box/expect.ts';
import type { CitadelRelease } from '../../box/releases/citadel.ts';
import { builtProgram } from '../../programs.ts';

const APPS = 1000;
const MANAGER = 65534;
const OLD: CitadelRelease = { version: '1.0.0', requires: '*' };
const GIVE = `chown -R ${APPS}:${APPS} "$ROOT"`;
const NEW: CitadelRelease = { version: '1.1.0', requires: '*', does: { '00': GIVE } };

const ownerOf = (path: string) => statSync(path).uid;

describe('chown -R of the whole root in 00', () => {
	test('does not prevent repeated updates', async () => {
		const box = boxForTest(OLD);
		box.publish(NEW);
		box.publish({ ...NEW, version: '1.2.0', requires: '>=1.1.0' });
		expect((await box.updater('update')).code).toBe(0);
		expect(ownerOf(join(box.root, 'app-data/shop/orders'))).toBe(APPS);
		expect((await box.updater('update')).code).toBe(0);
		expect(box.version()).toBe('1.2.0');
		expect(box.leftovers()).toEqual([]);
	});

	test('leaves the paths shared by root and the manager unchanged', async () => {
		const box = boxForTest(OLD);
		box.publish(NEW);
		chownSync(box.layout.signals, 0, MANAGER);
		chmodSync(box.layout.signals, 0o2770);
		const shared = [box.layout.events, box.layout.signals, box.layout.statuses, box.layout.signalReports];
		const before = shared.map((path) => [path, statSync(path).uid, statSync(path).gid, statSync(path).mode]);
		expect((await box.updater('update')).code).toBe(0);
		expect(shared.map((path) => [path, statSync(path).uid, statSync(path).gid, statSync(path).mode])).toEqual(
			before,
		);
		expect(readdirSync(box.layout.statuses).map((name) => ownerOf(join(box.layout.statuses, name)))).toEqual(
			readdirSync(box.layout.statuses).map(() => 0),
		);
	});

	test('is undone with everything else when the update fails', async () => {
		const box = boxForTest(OLD);
		chownSync(join(box.root, 'app-data/shop'), APPS, APPS);
		chmodSync(join(box.root, 'app-data/shop/orders'), 0o4711);
		const before = box.fingerprint();
		box.publish({ ...NEW, does: { '00': GIVE, '02': 'exit 1' } });
		expectNothingChanged(box, before, await box.updater('update'), { code: 'hook-failed', exit: 4 });
	});

	test('is undone by a rollback by hand', async () => {
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
	])('does not include a staged hook that was %s', async (_, change) => {
		const box = boxForTest(OLD);
		const before = box.fingerprint();
		box.publish({ ...NEW, does: { '00': `${GIVE}\n${change}` } });
		expectNothingChanged(box, before, await box.updater('update'), { code: 'content-changed', exit: 4 });
	});

	test('has its modes repaired before the next hook', async () => {
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

	test('never comes from a replaced staging directory', async () => {
		const box = boxForTest(OLD);
		const before = box.fingerprint();
		const swap =
			'mv "$STAGED" "$ROOT"/app-data/away; cp -a "$ROOT"/app-data/away "$ROOT"/.citadel-v1.1.0; echo evil >> "$ROOT"/.citadel-v1.1.0/scripts/update/01-run.sh';
		box.publish({ ...NEW, does: { '00': swap } });
		const end = await box.updater('update');
		execFileSync('rm', ['-rf', join(box.root, 'app-data/away')]);
		expectNothingChanged(box, before, end, { code: 'content-changed', exit: 4 });
	});

	test('does not include a rollback.sh that another user could have written: the update is refused', async () => {
		const box = boxForTest(OLD);
		chownSync(join(box.root, 'scripts/update/rollback.sh'), APPS, APPS);
		const before = box.fingerprint();
		box.publish(NEW);
		expectNothingChanged(box, before, await box.updater('update'), { code: 'tree-unsafe', exit: 3 });
		box.configure(`[compat]\ntree_owner = ${APPS}`);
		expect((await box.updater('update')).code).toBe(0);
	});

	test('includes a rollback.sh that root installed, even in the tree of another user, unless it was changed', async () => {
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

	test('starts the old release with the rollback.sh that was sealed before the hooks ran', async () => {
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

	test('is install.restart if it is configured', async () => {
		const box = boxForTest({ ...OLD, files: { 'scripts/update/rollback.sh': undefined } });
		box.configure(`[install]\nrestart = ["/usr/bin/touch", "${box.root}/db/restarted"]`);
		box.publish({ ...NEW, does: { '02': 'exit 1' } });
		expect((await box.updater('update')).code).toBe(4);
		expect(existsSync(join(box.root, 'db/restarted'))).toBe(true);
	});
});

describe('statuses', () => {
	test('are not written through a link that a hook put in their place', async () => {
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
		expect(ours, 'only hooks wrote there').toEqual([]);
	});

	test('belong to root during an update even if shared with older managers', async () => {
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
		expect(statSync(box.layout.statuses).mode & 0o777, 'a check gives it back to the group too').toBe(0o770);
	});
});

test('refuses a source of another user and says how to fix it', async () => {
	const box = boxForTest(OLD);
	box.publish(NEW);
	const before = box.fingerprint();
	execFileSync('chown', ['-R', String(APPS), box.source.dir]);
	expectNothingChanged(box, before, await box.updater('update'), { code: 'source-refused', exit: 3 });
	expect(box.change().error?.hint).toMatch(/HTTP|root/);
	execFileSync('chown', ['-R', '0', box.source.dir]);
	expect((await box.updater('update')).code).toBe(0);
});

describe('an ordinary user who runs everything', () => {
	async function asUser(box: Box, verb: string): Promise<number | null> {
		execFileSync('chown', ['-R', `${MANAGER}:${MANAGER}`, box.dir]);
		const args = [builtProgram('updater'), verb, '--root', box.root, '--config', box.config];
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

	test('can update, fail and roll back', async () => {
		const box = boxForTest(OLD);
		box.publish({ ...NEW, does: {} });
		expect(await asUser(box, 'update')).toBe(0);
		expect(box.version()).toBe('1.1.0');
		const updated = box.fingerprint();
		box.publish({ version: '1.2.0', requires: '*', does: { '02': 'exit 1' } });
		expect(await asUser(box, 'update')).toBe(4);
		expect(box.fingerprint()).toEqual(updated);
		expect(await asUser(box, 'rollback')).toBe(0);
		expect(box.version()).toBe('1.0.0');
		expect(box.leftovers()).toEqual([]);
	});
});
