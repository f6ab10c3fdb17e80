/**
 * init as root, for a group and for another user's tree, and as an ordinary user. Needs root to change users.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import {
	chmodSync,
	chownSync,
	existsSync,
	lstatSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	realpathSync,
	rmSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readAccounts } from '../../../src/system/access/accounts.ts';
import { signalbox } from '../../terminal/test-world.ts';

const BIN = resolve(import.meta.dirname, '../../../bin/signalbox');
const NOBODY = 65534;
const GROUP = 'sbx-test-init';
const USER = 'sbx-test-fetch';

let directory: string;
let root: string;
beforeEach(() => {
	directory = realpathSync(mkdtempSync(join(tmpdir(), 'signalbox-init-')));
	chmodSync(directory, 0o711);
	root = join(directory, 'box');
	mkdirSync(root);
	writeFileSync(
		join(root, 'info.json'),
		'{"version": "1.0.0", "name": "Bell 1.0.0", "notes": "", "requires": ""}',
	);
});
afterEach(() => {
	rmSync(directory, { recursive: true, force: true });
	spawnSync('groupdel', [GROUP]);
	spawnSync('userdel', [USER]);
});

const words = () => [
	'init',
	root,
	'--config',
	join(directory, 'etc/config.toml'),
	'--state',
	join(directory, 'state'),
	'--source',
	'/releases',
	'--trust',
	'ssh',
	'--trust-key',
	'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIi0uyvD4PpcDGa0gCaOFTbGeRj4lW8/7PiAvgoT2yv9',
	'--fetcher',
	USER,
];

function ownerOf(path: string): string {
	const { uid, gid, mode } = statSync(join(directory, path));
	const accounts = readAccounts();
	const group = [GROUP, USER].find((name) => accounts.gidOf(name) === gid) ?? gid;
	return `${uid}:${group} ${(mode & 0o7777).toString(8)}`;
}

describe('as root', () => {
	test('sets the owners and modes of the design, and reports the group that it creates', async () => {
		const ran = await signalbox([...words(), '--group', GROUP]);
		expect(ran.exit).toBe(0);
		expect(ran.err).toContain(`created the system group ${GROUP} (gid `);
		expect(Object.fromEntries(LAYOUT.map(([path]) => [path, ownerOf(path)]))).toEqual(
			Object.fromEntries(LAYOUT),
		);
	});

	test('creates the fetcher’s user in a group of its own, without home and shell', async () => {
		const ran = await signalbox([...words(), '--group', GROUP]);
		expect(ran.err).toContain(`created the system user ${USER} (uid `);
		const line =
			readFileSync('/etc/passwd', 'utf8')
				.split('\n')
				.find((one) => one.startsWith(`${USER}:`))
				?.split(':') ?? [];
		expect(line.slice(5)).toEqual(['/nonexistent', '/usr/sbin/nologin']);
		expect(line[3]).toBe(String(readAccounts().gidOf(USER)));
		expect(readFileSync(join(directory, 'etc/config.toml'), 'utf8')).toContain(`user = "${USER}"`);
	});

	test('finds the group and the user silently the second time', async () => {
		await signalbox([...words(), '--group', GROUP]);
		const ran = await signalbox(words());
		expect(ran.exit).toBe(0);
		expect(ran.err).not.toMatch(/group|user/);
		expect(ran.out).not.toMatch(/^(made|set) /m);
	});

	test('makes statuses/ writable for the group with shared_statuses', async () => {
		await signalbox([...words(), '--group', GROUP]);
		const config = join(directory, 'etc/config.toml');
		writeFileSync(config, `shared_statuses = true\n${readFileSync(config, 'utf8')}`);
		const ran = await signalbox(words());
		expect(ran.exit).toBe(0);
		expect(ownerOf('box/statuses')).toBe(`0:${GROUP} 770`);
		expect(ownerOf('box/statuses/signals')).toBe(`0:${GROUP} 750`);
	});

	test('takes over directories of another user, from the top down', async () => {
		for (const path of ['events', 'events/signals', 'events/triggers', 'statuses', 'statuses/signals']) {
			mkdirSync(join(root, path));
			chmodSync(join(root, path), 0o777);
			chownSync(join(root, path), NOBODY, NOBODY);
		}
		const ran = await signalbox([...words(), '--group', GROUP]);
		expect(ran.exit).toBe(0);
		expect(Object.fromEntries(LAYOUT.map(([path]) => [path, ownerOf(path)]))).toEqual(
			Object.fromEntries(LAYOUT),
		);
	});

	test.each<[string, (path: string, precious: string) => void]>([
		['a link', (path, precious) => symlinkSync(precious, path)],
		['a hard link', (path, precious) => execFileSync('ln', [precious, path])],
	])(
		'refuses %s to a file of root’s in the place of update-status.json, and does not follow it',
		async (_name, plant) => {
			mkdirSync(join(root, 'statuses'));
			const precious = join(directory, 'precious');
			writeFileSync(precious, 'mine', { mode: 0o600 });
			plant(join(root, 'statuses/update-status.json'), precious);
			const ran = await signalbox([...words(), '--group', GROUP, '--json']);
			expect(ran.exit).toBe(3);
			expect(ran.json()).toMatchObject({ error: { code: 'tree-unsafe' } });
			expect(lstatSync(precious)).toMatchObject({ uid: 0, gid: 0 });
			expect(lstatSync(precious).mode & 0o777).toBe(0o600);
		},
	);

	test('warns that karen will refuse the triggers in another user’s tree', async () => {
		chownSync(root, NOBODY, NOBODY);
		const ran = await signalbox([...words(), '--group', GROUP]);
		expect(ran.exit).toBe(0);
		expect(ran.err).toContain(
			`WARNING: karen will refuse the triggers of this root: ${root} belongs to user ${NOBODY}`,
		);
	});

	test.each(['Wheel of Fortune', '-x', '', 'a:b'])('rejects the group name %j', async (group) => {
		const ran = await signalbox([...words(), `--group=${group}`, '--json']);
		expect(ran.exit).toBe(2);
		expect(ran.json()).toMatchObject({ error: { code: 'usage' } });
		expect(existsSync(join(directory, 'etc'))).toBe(false);
	});
});

const LAYOUT: readonly [path: string, owner: string][] = [
	['box/events', '0:0 755'],
	['box/events/signals', `0:${GROUP} 2770`],
	['box/events/triggers', '0:0 755'],
	['box/statuses', `0:${GROUP} 750`],
	['box/statuses/signals', `0:${GROUP} 750`],
	['box/statuses/update-status.json', `0:${GROUP} 660`],
	['state', `0:${USER} 710`],
	['state/ledger', '0:0 600'],
	['etc', '0:0 700'],
	['etc/config.toml', '0:0 600'],
];

describe('as an ordinary user', () => {
	function asNobody(args: readonly string[]) {
		const ended = spawnSync(
			'setpriv',
			[`--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', BIN, ...args],
			{
				cwd: root,
				env: { PATH: '/usr/bin:/bin' },
				encoding: 'utf8',
				timeout: 100_000,
			},
		);
		return { exit: ended.status, out: ended.stdout, err: ended.stderr };
	}

	beforeEach(() => {
		chownSync(directory, NOBODY, NOBODY);
		chownSync(root, NOBODY, NOBODY);
	});

	test('creates everything as that user, with configuration and state in .signalbox', () => {
		const ran = asNobody(['init', '--source', '/releases', '--trust', 'unsigned', '--json']);
		expect(ran.err).toMatch(/^WARNING: trust is "unsigned"/);
		expect(ran.exit).toBe(0);
		expect(JSON.parse(ran.out)).toMatchObject({
			config: join(root, '.signalbox/config.toml'),
			state: join(root, '.signalbox'),
		});
		for (const path of [
			'events/signals',
			'statuses/update-status.json',
			'.signalbox',
			'.signalbox/config.toml',
			'.signalbox/ledger',
		])
			expect(statSync(join(root, path)).uid, path).toBe(NOBODY);
		expect(asNobody(['status', '--json'])).toMatchObject({ exit: 0 });
	});

	test('refuses --group', () => {
		const ran = asNobody([
			'init',
			'--source',
			'/releases',
			'--trust',
			'unsigned',
			'--group',
			'root',
			'--json',
		]);
		expect(ran.exit).toBe(2);
		expect(JSON.parse(ran.out)).toMatchObject({ error: { code: 'usage' } });
	});

	test('explains that the directory belongs to another user', () => {
		chownSync(root, 0, 0);
		const ran = asNobody(['init', '--source', '/releases', '--trust', 'unsigned', '--json']);
		expect(ran.exit).toBe(1);
		expect(JSON.parse(ran.out)).toMatchObject({
			error: { code: 'io-error', hint: expect.stringContaining('user who owns the root') },
		});
	});
});
