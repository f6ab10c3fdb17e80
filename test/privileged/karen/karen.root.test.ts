/** Two users: root, who runs karen, and another user with or without the right to send signals. */
import { execFileSync } from 'node:child_process';
import {
	chmodSync,
	chownSync,
	existsSync,
	lstatSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	symlinkSync,
	utimesSync,
	writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readAccounts } from '../../../src/system/access/accounts.ts';
import { KarenBox, LAUNCHER, readText, stopped, until } from './karen-box.ts';

const STRANGER = 65534;
let box: KarenBox;

beforeEach(() => {
	box = new KarenBox();
	chmodSync(box.dir, 0o755);
	for (const path of [box.root, join(box.root, 'events'), box.signals]) chmodSync(path, 0o755);
	box.recording('hi');
	box.recording('marker');
});
afterEach(() => box.close());

/** Runs a command as the other user, whose only group is `group`. */
const asStranger = (group: number, ...command: readonly string[]) =>
	execFileSync('setpriv', [`--reuid=${STRANGER}`, `--regid=${group}`, '--clear-groups', ...command]);

const done = (name: string) => box.reported(name, ({ state }) => state === 'done');
const refusal = async (name: string) =>
	(await box.reported(name, ({ state }) => state === 'refused')).error?.code;

describe('may send signals:', () => {
	test('not a user who is neither owner nor member of the group of the directory', async () => {
		chmodSync(box.signals, 0o777);
		await box.start();
		asStranger(STRANGER, 'sh', '-c', `echo true > ${box.signals}/hi`);
		expect(await refusal('hi')).toBe('signal-owner-refused');
		expect(box.runs('hi')).toEqual([]);
	});

	test('the owner of the directory', async () => {
		chownSync(box.signals, STRANGER, 0);
		await box.start();
		asStranger(STRANGER, 'sh', '-c', `echo true > ${box.signals}/hi`);
		await done('hi');
	});

	test('a member of its group', async () => {
		const nogroup = readAccounts().userOf(STRANGER).gid;
		expect(readAccounts().membersOf(nogroup)).toContain(STRANGER);
		chownSync(box.signals, 0, nogroup);
		chmodSync(box.signals, 0o2770);
		await box.start();
		asStranger(nogroup, 'sh', '-c', `echo true > ${box.signals}/hi`);
		await done('hi');
	});

	test('only the configured users, if any are configured', async () => {
		box.configure('', '');
		writeFileSync(box.config, readText(box.config).replace('[signals]', `[signals]\nowners = [${STRANGER}]`));
		chmodSync(box.signals, 0o777);
		await box.start();
		asStranger(STRANGER, 'sh', '-c', `echo true > ${box.signals}/hi`);
		await done('hi');
		box.ring('marker');
		expect(await refusal('marker')).toBe('signal-owner-refused');
	});
});

describe('planted files', () => {
	beforeEach(() => chownSync(box.signals, STRANGER, STRANGER));

	test('a device is not opened', async () => {
		await box.start();
		execFileSync('mknod', [join(box.signals, 'hi'), 'c', '1', '3']);
		expect(await refusal('hi')).toBe('signal-file-refused');
	});

	test('a link does not pass a root-only file to a trigger', async () => {
		box.trigger('hi', `cat > ${box.dir}/leaked`);
		writeFileSync(join(box.dir, 'secret'), 'secret', { mode: 0o600 });
		await box.start();
		asStranger(STRANGER, 'ln', '-s', join(box.dir, 'secret'), join(box.signals, 'hi'));
		expect(await refusal('hi')).toBe('signal-file-refused');
		expect(existsSync(join(box.dir, 'leaked'))).toBe(false);
	});

	test('a file that is repeatedly replaced by a link leaks nothing', async () => {
		box.trigger('hi', `cat >> ${box.dir}/seen`);
		writeFileSync(join(box.dir, 'secret'), 'secret', { mode: 0o600 });
		await box.start();
		const swap = `
			const fs = require('node:fs');
			process.chdir(${JSON.stringify(box.signals)});
			const plain = () => { fs.writeFileSync('.p', 'plain\\n'); fs.renameSync('.p', 'hi'); };
			const link = () => { fs.symlinkSync(${JSON.stringify(join(box.dir, 'secret'))}, '.l'); fs.renameSync('.l', 'hi'); };
			for (let i = 0; i < 3000; i++) { plain(); link(); }
			plain();
		`;
		asStranger(STRANGER, process.execPath, '-e', swap);
		await done('hi');
		box.ring('marker');
		await done('marker');
		expect(new Set(readText(join(box.dir, 'seen')).trim().split('\n'))).toEqual(new Set(['plain']));
	});
});

describe('triggers of another user', () => {
	test.each<[string, (path: string) => void]>([
		['the trigger', (path) => chownSync(path, STRANGER, STRANGER)],
		['its directory', (path) => chownSync(join(path, '..'), STRANGER, STRANGER)],
		['a directory above', () => chownSync(box.dir, STRANGER, STRANGER)],
	])('refuses when another user can write: %s', async (_what, give) => {
		const path = join(box.triggers, 'hi');
		await box.start();
		box.ring('hi');
		await done('hi');
		give(path);
		box.ring('hi');
		expect(await refusal('hi')).toBe('trigger-unsafe');
		expect(box.runs('hi')).toHaveLength(1);
	});

	test('accepts the user in compat.tree_owner', async () => {
		box.configure(`[compat]\ntree_owner = ${STRANGER}`);
		chownSync(join(box.triggers, 'hi'), STRANGER, STRANGER);
		await box.start();
		box.ring('hi');
		await done('hi');
	});
});

describe('statuses/', () => {
	const statuses = () => join(box.root, 'statuses');
	const owner = (path: string) => {
		const { uid, gid, mode } = lstatSync(path);
		return { uid, gid, mode: (mode & 0o7777).toString(8) };
	};
	const group = () => readAccounts().userOf(STRANGER).gid;
	const nameOfGroup = () =>
		readFileSync('/etc/group', 'utf8')
			.split('\n')
			.find((line) => line.split(':')[2] === String(group()))
			?.split(':')[0] ?? '';

	test('belongs to root and is readable by the group', async () => {
		box.configure('', `group = "${nameOfGroup()}"`);
		await box.start();
		box.ring('hi');
		await done('hi');
		const directory = { uid: 0, gid: group(), mode: '750' };
		const file = { uid: 0, gid: group(), mode: '640' };
		expect(owner(statuses())).toEqual(directory);
		expect(owner(join(statuses(), 'signals'))).toEqual(directory);
		expect(owner(join(statuses(), 'signals/hi.json'))).toEqual(file);
		expect(owner(join(statuses(), 'karen.json'))).toEqual(file);
		expect(() => asStranger(group(), 'cat', join(statuses(), 'signals/hi.json'))).not.toThrow();
		expect(() =>
			execFileSync(
				'setpriv',
				['--reuid=1', '--regid=1', '--clear-groups', 'cat', join(statuses(), 'karen.json')],
				{ stdio: 'ignore' },
			),
		).toThrow();
	});

	test('is returned to root when hooks give the whole root away', async () => {
		await box.start();
		execFileSync('chown', ['-R', `${STRANGER}:${STRANGER}`, box.root]);
		box.ring('hi');
		await done('hi');
		expect(owner(statuses())).toMatchObject({ uid: 0 });
		expect(owner(join(statuses(), 'signals'))).toMatchObject({ uid: 0 });
	});

	test('belongs to the group if configured, except the reports', async () => {
		box.configure('', 'shared_statuses = true');
		chownSync(statuses(), STRANGER, STRANGER);
		await box.start();
		box.ring('hi');
		await done('hi');
		expect(owner(statuses())).toMatchObject({ uid: STRANGER });
		expect(owner(join(statuses(), 'signals'))).toMatchObject({ uid: 0 });
	});

	test('removes a link in the place of the reports directory', async () => {
		box.configure('', 'shared_statuses = true');
		mkdirSync(join(box.dir, 'precious'));
		chownSync(statuses(), STRANGER, STRANGER);
		await box.start();
		rmSync(join(statuses(), 'signals'), { recursive: true, force: true });
		asStranger(STRANGER, 'ln', '-s', join(box.dir, 'precious'), join(statuses(), 'signals'));
		box.ring('hi');
		await done('hi');
		expect(readdirSync(join(box.dir, 'precious'))).toEqual([]);
		expect(lstatSync(join(statuses(), 'signals')).isDirectory()).toBe(true);
	});

	test('refuses a link in its own place and keeps handling signals', async () => {
		mkdirSync(join(box.dir, 'precious'));
		await box.start();
		renameSync(statuses(), `${statuses()}.old`);
		symlinkSync(join(box.dir, 'precious'), statuses());
		box.ring('hi');
		await until('the run', () => box.runs('hi').length || undefined);
		await box.logged('"code":"tree-unsafe"');
		expect(readdirSync(join(box.dir, 'precious'))).toEqual([]);
	});

	test('replaces a link in the place of a report', async () => {
		await box.start();
		box.ring('hi');
		await done('hi');
		const report = join(statuses(), 'signals/hi.json');
		writeFileSync(join(box.dir, 'precious'), 'precious');
		rmSync(report);
		symlinkSync(join(box.dir, 'precious'), report);
		box.ring('hi');
		await until('the report', () => lstatSync(report).isFile() || undefined);
		expect(readText(join(box.dir, 'precious'))).toBe('precious');
	});
});

test('chown -R of the whole root causes no run', async () => {
	for (const name of ['hi', 'marker']) box.ring(name);
	for (const name of ['hi', 'marker']) utimesSync(join(box.signals, name), 1000, 1000);
	await box.start();
	for (const name of ['hi', 'marker']) await done(name);
	for (const uid of [STRANGER, STRANGER, 0]) execFileSync('chown', ['-R', `${uid}:${uid}`, box.root]);
	await new Promise((passed) => setTimeout(passed, 1500));
	expect(box.runs()).toHaveLength(2);
	box.ring('hi');
	await until(
		'a run',
		() => box.runs('hi').length === 2 || undefined,
		() => box.log(),
	);
});

test('loses no signal when the kernel queue overflows', async () => {
	// The queue length is a setting of the whole machine, so the test fills it as it is.
	const length = Number(readFileSync('/proc/sys/fs/inotify/max_queued_events', 'utf8'));
	const noise = ['.one', '.two'].map((name) => join(box.signals, name));
	for (const path of noise) writeFileSync(path, '');
	const { pid } = await box.start();
	box.ring('hi');
	await done('hi');
	for (let round = 2; round <= 4; round++) {
		await stopped(pid, () => {
			// Alternately, because the kernel merges equal consecutive events.
			for (let index = 0; index <= length; index += 2)
				for (const path of noise) utimesSync(path, index, index);
			box.ring('hi', `round ${round}`);
		});
		await until(
			`run ${round}`,
			() => box.runs('hi').length === round || undefined,
			() => box.log(),
		);
	}
	await done('hi');
});

test('works when one ordinary user runs everything', async () => {
	execFileSync('chown', ['-R', `${STRANGER}:${STRANGER}`, box.dir]);
	rmSync(join(box.root, 'statuses'), { recursive: true });
	const drop = ['setpriv', `--reuid=${STRANGER}`, `--regid=${STRANGER}`, '--clear-groups'];
	await box.start({ command: [...drop, LAUNCHER, '--root', box.root, '--config', box.config] });
	asStranger(STRANGER, 'sh', '-c', `echo true > ${box.signals}/hi`);
	const report = await done('hi');
	expect(report.error).toBeNull();
	expect(lstatSync(join(box.root, 'statuses/signals/hi.json'))).toMatchObject({ uid: STRANGER });
	asStranger(STRANGER, 'chmod', '777', box.triggers);
	asStranger(STRANGER, 'touch', `${box.signals}/hi`);
	expect(await refusal('hi')).toBe('trigger-unsafe');
});
