/** git as an unprivileged user: what the kernel allows it, and what a compromised store can do. */
import { execFileSync, spawnSync } from 'node:child_process';
import {
	chmodSync,
	existsSync,
	lstatSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fetcherAccount } from '../../../src/system/fetcher/account.ts';
import { readBlobs } from '../../../src/system/git/blobs.ts';
import type { GitRemote } from '../../../src/system/git/command.ts';
import { commitOf, listTree, type TreeEntry } from '../../../src/system/git/git.ts';
import { pruneStore } from '../../../src/system/git/prune.ts';
import { fetchRef, listRemote } from '../../../src/system/git/remote.ts';
import { makeStore } from '../../../src/system/git/store-directory.ts';
import { FETCHER } from '../../box/sources/fetcher.ts';
import { gitServer } from '../../box/sources/servers.ts';
import { makeSource, type Source } from '../../box/sources/source.ts';
import { scratch } from '../../scratch.ts';
import { until } from '../../until.ts';

const REF = 'refs/ours/latest';

function place(more: Partial<GitRemote> = {}): {
	readonly dir: string;
	readonly source: Source;
	readonly remote: GitRemote;
} {
	const dir = scratch();
	chmodSync(dir, 0o711);
	mkdirSync(join(dir, 'state'), { mode: 0o700 });
	const source = makeSource(join(dir, 'source'));
	source.publish({ tags: ['v1.0.0'], files: { 'a.txt': 'one\n' } });
	const store = join(dir, 'state/store.git');
	const base = {
		store,
		url: source.dir,
		path: ['/usr/bin', '/bin'],
		timeout: 60_000,
		clock: () => 'set' as const,
		account: () => FETCHER,
	};
	return { dir, source, remote: { ...base, ...more } };
}

async function bring(remote: GitRemote): Promise<string> {
	await makeStore(remote);
	await fetchRef(remote, 'refs/tags/v1.0.0', REF, () => undefined);
	return (await commitOf(remote, REF)) ?? '';
}

/** The /proc status of each process that has this state directory in its environment. */
function gitsOf(state: string): readonly string[] {
	return readdirSync('/proc').flatMap((pid) => {
		if (!/^\d+$/.test(pid)) return [];
		try {
			const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
			return environment.includes(`SIGNALBOX_TOOL_OF=${state}`)
				? [readFileSync(`/proc/${pid}/status`, 'utf8')]
				: [];
		} catch {
			return [];
		}
	});
}

test('runs every git of a fetch and its children as the account, without capabilities', async () => {
	const { dir, source, remote } = place();
	source.publish({
		tags: ['v1.0.0'],
		files: { big: Array.from({ length: 200_000 }, (_, index) => (index * index) % 9973).join(' ') },
	});
	const server = await gitServer(source.dir);
	server.stopAfter(2000, 'stalls');
	const stalled = { ...remote, url: server.url, timeout: 10_000 };
	await makeStore(stalled);
	const end = fetchRef(stalled, 'refs/tags/v1.0.0', REF, () => undefined).catch((thrown) => thrown);
	const found = await until('git and its children', () => {
		const gits = gitsOf(join(dir, 'state')).filter((status) => /^Name:\s+git/m.test(status));
		return gits.length >= 3 && gits;
	});
	for (const status of found) {
		expect(status).toMatch(
			new RegExp(`^Uid:\\s+${FETCHER.uid}\\s+${FETCHER.uid}\\s+${FETCHER.uid}\\s+${FETCHER.uid}$`, 'm'),
		);
		expect(status).toMatch(new RegExp(`^Gid:\\s+${FETCHER.gid}\\s`, 'm'));
		expect(status).toMatch(/^Groups:\s*$/m);
		expect(status).toMatch(/^CapBnd:\s+0000000000000000$/m);
		expect(status).toMatch(/^NoNewPrivs:\s+1$/m);
	}
	expect(await end).toMatchObject({ record: { code: 'source-timeout' } });
});

test('lets the account read its store and nothing else of the state', async () => {
	const { dir, remote } = place();
	await bring(remote);
	const state = join(dir, 'state');
	writeFileSync(join(state, 'installed.json'), 'mine', { mode: 0o600 });
	expect(lstatSync(state)).toMatchObject({ uid: 0, gid: FETCHER.gid });
	expect(lstatSync(state).mode & 0o777).toBe(0o710);
	const as = (uid: number, ...command: readonly string[]) =>
		spawnSync('setpriv', [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', ...command], {
			encoding: 'utf8',
		}).status;
	expect(as(FETCHER.uid, 'ls', remote.store)).toBe(0);
	expect(as(FETCHER.uid, 'ls', state)).not.toBe(0);
	expect(as(FETCHER.uid, 'cat', join(state, 'installed.json'))).not.toBe(0);
	expect(as(FETCHER.uid, 'touch', join(state, 'x'))).not.toBe(0);
	expect(as(65_534, 'ls', remote.store)).not.toBe(0);
});

test('recreates a store that belongs to another user, as older versions created it', async () => {
	const { remote } = place();
	const { account: _, ...rootsOwn } = remote;
	await bring(rootsOwn);
	expect(lstatSync(remote.store).uid).toBe(0);
	const commit = await bring(remote);
	expect(lstatSync(remote.store).uid).toBe(FETCHER.uid);
	const [entry] = await listTree(remote, commit);
	let text = '';
	await readBlobs(remote, [entry as TreeEntry], async (_index, chunks) => {
		for await (const chunk of chunks) text += chunk;
	});
	expect(text).toBe('one\n');
});

test('follows no link in the store while removing leftovers or the store', async () => {
	const { dir, remote } = place();
	await bring(remote);
	const precious = join(dir, 'precious');
	mkdirSync(precious);
	for (const name of ['index.lock', 'tmp_obj', 'file']) writeFileSync(join(precious, name), 'mine');
	const script =
		'cd "$1" && mkdir tmp_dir && ln -s "$2" tmp_dir/link && rm -r refs/ours && ln -s "$2" refs/ours && touch HEAD.lock';
	execFileSync('setpriv', [
		`--reuid=${FETCHER.uid}`,
		`--regid=${FETCHER.gid}`,
		'--clear-groups',
		'sh',
		'-c',
		script,
		'sh',
		remote.store,
		precious,
	]);
	writeFileSync(`${remote.store}.unsynced`, '');
	await makeStore(remote);
	expect(readdirSync(precious).sort()).toEqual(['file', 'index.lock', 'tmp_obj']);
	expect(existsSync(join(remote.store, 'HEAD.lock'))).toBe(false);
	expect(existsSync(join(remote.store, 'tmp_dir'))).toBe(false);
	await makeStore({ ...remote, account: () => ({ uid: 64_124, gid: 64_124 }) });
	expect(readdirSync(precious).sort()).toEqual(['file', 'index.lock', 'tmp_obj']);
	expect(lstatSync(remote.store).uid).toBe(64_124);
});

test('requires a local repository to belong to root and to be readable by the account', async () => {
	const { source, remote } = place();
	const refused = (message: string) => ({
		record: { code: 'source-refused', message: expect.stringContaining(message) },
	});
	execFileSync('chown', ['-R', '1234', source.dir]);
	await expect(listRemote(remote, ['refs/tags/*'])).rejects.toMatchObject(refused('belongs to another user'));
	execFileSync('chown', ['-R', '0', source.dir]);
	chmodSync(source.dir, 0o700);
	await expect(listRemote(remote, ['refs/tags/*'])).rejects.toMatchObject(
		refused(`${source.dir} is closed to the user who reads it`),
	);
	chmodSync(source.dir, 0o755);
	expect([...(await listRemote({ ...remote, url: `file://${source.dir}` }, ['refs/tags/*'])).keys()]).toEqual(
		['refs/tags/v1.0.0'],
	);
});

test('prunes unwanted objects as the account', async () => {
	const { source, remote } = place();
	await bring(remote);
	source.publish({ tags: ['v2.0.0'], files: { 'b.txt': 'two\n' } });
	await fetchRef(remote, 'refs/tags/v2.0.0', 'refs/ours/next', () => undefined);
	expect(await pruneStore(remote, 'refs/ours/', (name) => name === 'next')).toBe(1);
	expect(await commitOf(remote, REF)).toBeUndefined();
	expect(await listTree(remote, (await commitOf(remote, 'refs/ours/next')) ?? '')).toHaveLength(1);
	const owners = readdirSync(remote.store, { recursive: true, encoding: 'utf8' }).map(
		(name) => lstatSync(join(remote.store, name)).uid,
	);
	expect(new Set(owners)).toEqual(new Set([FETCHER.uid]));
});

describe('an unusable account is reported with its reason', () => {
	const refused = (code: string, message: string, hint: string) => ({
		record: { code, message: expect.stringContaining(message), hint: expect.stringContaining(hint) },
	});

	test.each([
		['an account that does not exist', 'nobody-of-this-name', 'the user nobody-of-this-name does not exist'],
		['root itself', 0, 'that user is root'],
	])('%s: git is not started', async (_, user, why) => {
		const { remote } = place({ account: () => fetcherAccount(user), path: ['/nonexistent'] });
		await expect(listRemote(remote, ['refs/tags/*'])).rejects.toMatchObject(
			refused('fetcher-unready', why, 'fetcher.user'),
		);
		await expect(makeStore(remote)).rejects.toMatchObject(refused('fetcher-unready', why, 'fetcher.user'));
	});

	test('a parent of the state directory that the account cannot enter', async () => {
		const { dir, source, remote } = place();
		chmodSync(dir, 0o700);
		const elsewhere = scratch();
		chmodSync(elsewhere, 0o755);
		execFileSync('cp', ['-a', source.dir, elsewhere]);
		await expect(bring({ ...remote, url: join(elsewhere, 'source') })).rejects.toMatchObject(
			refused('fetcher-unready', `${dir} is closed to the fetcher`, 'chmod o+x'),
		);
	});

	test('ssh for a user without an account', async () => {
		const { remote } = place();
		const ssh = { ...remote, url: 'ssh://git@127.0.0.1:1/core.git' };
		await expect(listRemote(ssh, ['refs/tags/*'])).rejects.toMatchObject(
			refused('source-refused', 'ssh has no key that counts there', 'known_hosts'),
		);
	});
});

test('checks the owner behind a link to the repository', async () => {
	const { dir, source, remote } = place();
	execFileSync('chown', ['-R', '1234', source.dir]);
	symlinkSync(source.dir, join(dir, 'link'));
	await expect(listRemote({ ...remote, url: join(dir, 'link') }, ['refs/tags/*'])).rejects.toMatchObject({
		record: { code: 'source-refused' },
	});
	rmSync(join(dir, 'link'));
});
