/** Pruning with real git: the store stays bounded, and an interruption loses nothing that is wanted. */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { GitRemote } from '../../../src/system/git/command.ts';
import { commitOf, listTree } from '../../../src/system/git/git.ts';
import { pruneStore } from '../../../src/system/git/prune.ts';
import { fetchRef } from '../../../src/system/git/remote.ts';
import { makeStore } from '../../../src/system/git/store-directory.ts';
import { noise } from '../../box/releases/noise.ts';
import { gitServer } from '../../box/sources/servers.ts';
import { makeSource, type Source } from '../../box/sources/source.ts';
import { scratch } from '../../scratch.ts';

const OURS = 'refs/ours/';
/** Bytes; about three quarters of them in a pack. */
const LARGE = 200_000;

/** Contents of every release. */
const COMMON = noise(LARGE, 1000);

interface Place {
	readonly source: Source;
	readonly remote: GitRemote;
	/** A directory that precedes the system's in PATH. */
	readonly bin: string;
}

function place(): Place {
	const dir = scratch();
	for (const name of ['state', 'bin']) mkdirSync(join(dir, name));
	const source = makeSource(join(dir, 'source'));
	const bin = join(dir, 'bin');
	const path = [bin, '/usr/bin', '/bin'];
	return {
		source,
		bin,
		remote: {
			store: join(dir, 'state/store.git'),
			url: source.dir,
			path,
			timeout: 60_000,
			clock: () => 'set',
		},
	};
}

/** Publishes this many releases, each with its own large file, and fetches them as updates do. */
async function fill(here: Place, releases: number): Promise<void> {
	await makeStore(here.remote);
	for (let release = 1; release < releases; release += 1) {
		publish(here, release);
		bringUnsynced(here, `refs/tags/v${release}.0.0`, `${OURS}v${release}.0.0`);
	}
	await add(here, releases);
}

async function add(here: Place, release: number): Promise<void> {
	publish(here, release);
	await bring(here.remote, release);
}

function publish({ source }: Place, release: number): void {
	source.publish({ tags: [`v${release}.0.0`], files: { common: COMMON, own: noise(LARGE, release) } });
}

/** Like our fetch, without syncing the disk. */
function bringUnsynced({ source, remote }: Place, ref: string, as: string): void {
	inStore(
		remote,
		'fetch',
		'--quiet',
		'--no-tags',
		'--depth=1',
		'--force',
		'--no-write-fetch-head',
		source.dir,
		`+${ref}:${as}`,
	);
}

async function bring(remote: GitRemote, release: number): Promise<void> {
	await makeStore(remote);
	await fetchRef(remote, `refs/tags/v${release}.0.0`, `${OURS}v${release}.0.0`, () => undefined);
}

const inStore = (remote: GitRemote, ...args: readonly string[]) =>
	execFileSync('git', [`--git-dir=${remote.store}`, ...args], {
		encoding: 'utf8',
		stdio: ['ignore', 'pipe', 'pipe'],
	}).trim();

const refsIn = (remote: GitRemote) => inStore(remote, 'for-each-ref', '--format=%(refname)').split('\n');

const filesIn = (remote: GitRemote) =>
	readdirSync(remote.store, { recursive: true, encoding: 'utf8' }).filter((name) =>
		statSync(join(remote.store, name)).isFile(),
	);

const bytesIn = (remote: GitRemote) =>
	filesIn(remote).reduce((sum, name) => sum + statSync(join(remote.store, name)).size, 0);

const only = (release: number) => (name: string) => name === `v${release}.0.0`;

/** Everything reachable from the refs is there, and nothing else. */
async function expectOnly(remote: GitRemote, release: number): Promise<void> {
	expect(refsIn(remote)).toEqual([`${OURS}v${release}.0.0`]);
	expect(bytesIn(remote)).toBeLessThan(1.7 * LARGE);
	expect(
		inStore(remote, 'fsck', '--full', '--unreachable', '--no-progress').replace(/^notice.*$/gm, ''),
	).toBe('');
	expect(inStore(remote, 'rev-list', '--count', '--all')).toBe('1');
	expect(await listTree(remote, (await commitOf(remote, `${OURS}v${release}.0.0`)) ?? '')).toHaveLength(2);
	expect(filesIn(remote).filter((name) => /lock$|tmp/.test(name))).toEqual([]);
	expect(existsSync(`${remote.store}.unsynced`)).toBe(false);
}

test('removes unreachable objects and every trace of them', async () => {
	const here = place();
	await fill(here, 4);
	expect(bytesIn(here.remote)).toBeGreaterThan(3 * LARGE);
	expect(await pruneStore(here.remote, OURS, only(4))).toBe(3);
	await expectOnly(here.remote, 4);
	expect(inStore(here.remote, 'rev-list', '--all')).toBe(await commitOf(here.remote, `${OURS}v4.0.0`));
	await add(here, 5);
	expect(await pruneStore(here.remote, OURS, only(5))).toBe(1);
	await expectOnly(here.remote, 5);
});

test('the next fetch transfers only new objects, and removed ones can be fetched again', async () => {
	const here = place();
	await fill(here, 3);
	const server = await gitServer(here.source.dir);
	await pruneStore(here.remote, OURS, only(3));
	here.source.publish({ tags: ['v4.0.0'], files: { common: COMMON, own: 'small' } });
	const http = { ...here.remote, url: server.url };
	await bring(http, 4);
	expect(server.packBytes()).toBeLessThan(LARGE / 4);
	await bring(http, 1);
	expect(await listTree(http, (await commitOf(http, `${OURS}v1.0.0`)) ?? '')).toHaveLength(2);
	inStore(http, 'fsck', '--full', '--strict');
});

test('removes leftovers of a successful git even if everything is wanted', async () => {
	const here = place();
	await fill(here, 2);
	const before = filesIn(here.remote);
	writeFileSync(join(here.remote.store, 'objects/pack/tmp_pack_abc'), 'x');
	expect(await pruneStore(here.remote, OURS, () => true)).toBe(0);
	expect(filesIn(here.remote)).toEqual(before);
});

test('writes nothing if everything is wanted', async () => {
	const here = place();
	await fill(here, 2);
	const before = filesIn(here.remote);
	expect(await pruneStore(here.remote, OURS, () => true)).toBe(0);
	expect(filesIn(here.remote)).toEqual(before);
	rmSync(here.remote.store, { recursive: true });
	expect(await pruneStore(here.remote, OURS, () => false), 'no store').toBe(0);
});

test('a ref that moves repeatedly leaves only a few old objects', async () => {
	const here = place();
	await fill(here, 1);
	for (let count = 1; count <= 7; count += 1) {
		const many = Object.fromEntries(
			Array.from({ length: 105 }, (_, index) => [`${index}`, noise(2000, count * 1000 + index)]),
		);
		here.source.publish({ tags: [], files: many });
		bringUnsynced(here, 'refs/heads/main', `${OURS}channel`);
	}
	const before = bytesIn(here.remote);
	await pruneStore(here.remote, OURS, () => true);
	expect(bytesIn(here.remote)).toBeLessThan(before / 3);
	expect(refsIn(here.remote)).toEqual([`${OURS}channel`, `${OURS}v1.0.0`]);
	inStore(here.remote, 'fsck', '--full');
});

describe('an interrupted prune keeps wanted objects, and the next one removes the rest', () => {
	/** A git that exits, as if killed, at a command: before it, after it, or halfway. */
	function breakGit(bin: string, command: string, how: string): void {
		const halves =
			'for d in "$S"/objects/pack "$S"/objects/ab; do mkdir -p "$d"; : > "$d/tmp_pack_Ab1"; : > "$d/.tmp-12-pack-ab.pack"; done; : > "$S/shallow.lock"; rm -f "$S/objects/info/packs"';
		const lines = { before: '', after: '/usr/bin/git "$@" || exit 1', halfway: halves }[how];
		writeFileSync(
			join(bin, 'git'),
			`#!/bin/bash\nfor a in "$@"; do [[ $a == --git-dir=* ]] && S=\${a#*=}; [[ $a == ${command} ]] && hit=1; done\nif [[ -n "$hit" ]]; then ${lines}\nexit 137\nfi\nexec /usr/bin/git "$@"\n`,
		);
		chmodSync(join(bin, 'git'), 0o755);
	}

	test.each([
		['update-ref', 'before'],
		['update-ref', 'after'],
		['repack', 'before'],
		['repack', 'halfway'],
		['repack', 'after'],
		['prune', 'halfway'],
		['prune', 'after'],
	])('of %s, interrupted %s', async (command, how) => {
		const here = place();
		await fill(here, 3);
		breakGit(here.bin, command, how);
		await expect(pruneStore(here.remote, OURS, only(3))).rejects.toMatchObject({
			record: { code: 'io-error' },
		});
		rmSync(join(here.bin, 'git'));
		inStore(here.remote, 'fsck', '--full', '--no-dangling');
		await pruneStore(here.remote, OURS, only(3));
		await expectOnly(here.remote, 3);
		await add(here, 4);
		expect(inStore(here.remote, 'cat-file', '-t', `${OURS}v3.0.0`)).toBe('tag');
		await pruneStore(here.remote, OURS, only(4));
		await expectOnly(here.remote, 4);
	});
});
