/** Releases as tags of a git repository: the requests to the server, and the handling of its answers. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseTag, type Tag } from '../../../src/model/release/tag.ts';
import { gitSource } from '../../../src/sources/git/git.ts';
import { gitStore } from '../../../src/sources/git/store.ts';
import type { ReleaseSource, SourceEntry } from '../../../src/sources/source.ts';
import type { TagKeys } from '../../../src/system/git/tag.ts';
import { infoJson } from '../../box/releases/citadel.ts';
import { accountForTest } from '../../box/sources/fetcher.ts';
import {
	answeringServer,
	DEAF_PORT,
	type GitServer,
	gitServer,
	silentServer,
} from '../../box/sources/servers.ts';
import { makeSource, type Source } from '../../box/sources/source.ts';
import { scratch } from '../../scratch.ts';

const tag = (text: string) => parseTag(text) as Tag;
const noProgress = () => undefined;
const info = (version: string) => ({ 'info.json': infoJson(version, '*') });

interface Place {
	readonly dir: string;
	readonly published: Source;
	readonly slept: number[];
	/** A source as in a new process. */
	open(options?: {
		readonly url?: string;
		readonly channel?: string;
		readonly timeout?: number;
		readonly tagKeys?: TagKeys;
	}): ReleaseSource;
}

function place(): Place {
	const dir = scratch();
	chmodSync(dir, 0o755);
	const published = makeSource(join(dir, 'source'));
	mkdirSync(join(dir, 'state'));
	const slept: number[] = [];
	const sleep = async (milliseconds: number) => {
		slept.push(milliseconds);
	};
	const beforeTransfer = async () => undefined;
	const open: Place['open'] = (options = {}) => {
		const { url = published.dir, channel = 'main', timeout = 60_000, tagKeys } = options;
		const remote = {
			store: join(dir, 'state/store.git'),
			url,
			path: ['/usr/bin', '/bin'],
			timeout,
			clock: () => 'set' as const,
			account: accountForTest,
		};
		return gitSource(gitStore(remote, [channel], { tagKeys, sleep, beforeTransfer }), channel);
	};
	return { dir, published, slept, open };
}

async function readText(source: ReleaseSource, commit: string): Promise<Record<string, string>> {
	const texts: Record<string, string> = {};
	await source.read(commit, async (entry: SourceEntry, chunks) => {
		let text = '';
		for await (const chunk of chunks) text += chunk.toString('utf8');
		texts[`${entry.kind} ${entry.path}`] = text;
	});
	return texts;
}

test('ignores unsigned tags, and only those, if tags must be signed', async () => {
	const { dir, published, open } = place();
	const key = join(dir, 'key');
	execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
	const tagKeys = { allowedSigners: join(dir, 'allowed'), revoked: join(dir, 'revoked') };
	writeFileSync(
		tagKeys.allowedSigners,
		`author@example.org namespaces="git" ${readFileSync(`${key}.pub`, 'utf8')}`,
	);
	writeFileSync(tagKeys.revoked, '');
	published.publish({ tags: ['v1.0.0'], files: info('1.1.0') });
	published.git(
		'-c',
		'gpg.format=ssh',
		'-c',
		`user.signingKey=${key}`,
		'tag',
		'-s',
		'-m',
		'signed',
		'v1.1.0',
		'main',
	);
	const source = open({ tagKeys });
	expect(await source.infoAt(tag('v1.1.0'))).toMatchObject({ kind: 'info', info: { version: '1.1.0' } });
	expect(await source.infoAt(tag('v1.0.0'))).toMatchObject({
		kind: 'unreadable',
		error: { code: 'signature-invalid' },
	});
	expect((await source.fetch(tag('v1.1.0'), noProgress)).commit).toBe(
		published.git('rev-parse', 'main').trim(),
	);
	await expect(source.fetch(tag('v1.0.0'), noProgress)).rejects.toMatchObject({
		record: { code: 'signature-invalid' },
	});
});

describe('the list', () => {
	test('contains the tags that are versions and what the channel announces', async () => {
		const { published, open } = place();
		published.publish({
			tags: ['v1.0.0', '1.1.0', 'v1.2.0-rc.1', 'nightly', 'v1', 'release/v2.0.0'],
			files: info('1.0.0'),
		});
		published.git('update-ref', 'refs/tags/--upload-pack=x', 'HEAD');
		published.publish({ tags: [], files: info('1.3.0') });
		const { channel, tags } = await open().list();
		expect([...tags].sort()).toEqual(['1.1.0', 'v1.0.0', 'v1.2.0-rc.1']);
		expect(channel).toMatchObject({ kind: 'info', info: { version: '1.3.0' } });
	});

	test('prefers a branch to a tag of the same name', async () => {
		const { published, open } = place();
		published.publish({ tags: ['main', 'v1.0.0'], files: info('1.0.0') });
		published.publish({ tags: [], files: info('1.1.0') });
		expect((await open().list()).channel).toMatchObject({ info: { version: '1.1.0' } });
	});

	test.each([
		['no info.json', { 'README.md': '' }, { kind: 'missing' }],
		['an info.json that is a directory', { 'info.json/x': '' }, { kind: 'missing' }],
		['an empty info.json', { 'info.json': '' }, { kind: 'unreadable', error: { code: 'info-unreadable' } }],
		[
			'a malformed info.json',
			{ 'info.json': '{' },
			{ kind: 'unreadable', error: { code: 'info-unreadable' } },
		],
		[
			'a huge info.json',
			{ 'info.json': 'x'.repeat(300 * 1024) },
			{ kind: 'unreadable', error: { code: 'info-unreadable' } },
		],
		[
			'a link',
			{ 'info.json': { link: '/etc/passwd' } },
			{ kind: 'unreadable', error: { code: 'info-unreadable' } },
		],
	])('a channel with %s', async (_, files, expected) => {
		const { published, open } = place();
		published.publish({ tags: [], files });
		expect((await open().list()).channel).toMatchObject(expected);
	});

	test('distinguishes an empty repository and a missing channel from a channel without info.json', async () => {
		const { published, open } = place();
		await expect(open().list()).rejects.toMatchObject({
			record: { code: 'source-empty', message: expect.stringContaining('no tags') },
		});
		published.publish({ tags: ['v1.0.0'], files: info('1.0.0') });
		await expect(open({ channel: 'beta' }).list()).rejects.toMatchObject({
			record: { code: 'source-empty', message: expect.stringContaining('beta') },
		});
	});
});

describe('a tag', () => {
	test('that does not exist is missing, without a request to the server', async () => {
		const { published, open } = place();
		published.publish({ tags: ['v1.0.0'], files: info('1.0.0') });
		const server = await gitServer(published.dir);
		const source = open({ url: server.url });
		await source.list();
		const asked = server.asked().length;
		expect(await source.infoAt(tag('v9.9.9'))).toEqual({ kind: 'missing' });
		await expect(source.fetch(tag('v9.9.9'), noProgress)).rejects.toMatchObject({
			record: { code: 'missing-tag' },
		});
		expect(server.asked()).toHaveLength(asked);
	});

	test.each(['HEAD^{tree}', 'HEAD:info.json'])('of %s is not a release', async (what) => {
		const { published, open } = place();
		published.publish({ tags: [], files: info('1.0.0') });
		published.git('tag', 'v1.0.0', what);
		expect(await open().infoAt(tag('v1.0.0'))).toMatchObject({
			kind: 'unreadable',
			error: { code: 'source-refused' },
		});
		await expect(open().fetch(tag('v1.0.0'), noProgress)).rejects.toMatchObject({
			record: { code: 'source-refused' },
		});
	});

	async function fetches(server: GitServer, act: () => Promise<unknown>): Promise<number> {
		const before = server.asked().filter((one) => one === 'fetch').length;
		await act();
		return server.asked().filter((one) => one === 'fetch').length - before;
	}

	test('is fetched once, even for later processes', async () => {
		const { published, open } = place();
		published.publish({ tags: ['v1.0.0'], files: info('1.0.0') });
		const server = await gitServer(published.dir);
		expect(await fetches(server, () => open({ url: server.url }).fetch(tag('v1.0.0'), noProgress))).toBe(1);
		const bytes = server.packBytes();
		expect(await fetches(server, () => open({ url: server.url }).fetch(tag('v1.0.0'), noProgress))).toBe(0);
		expect(await fetches(server, () => open({ url: server.url }).infoAt(tag('v1.0.0')))).toBe(0);
		expect(server.packBytes()).toBe(bytes);
	});

	test('that was moved is fetched again', async () => {
		const { published, open } = place();
		published.publish({ tags: ['v1.0.0'], files: { ...info('1.0.0'), a: 'old' } });
		const old = await open().fetch(tag('v1.0.0'), noProgress);
		published.publish({ tags: ['v1.0.0'], files: { ...info('1.0.0'), a: 'new' } });
		const young = await open().fetch(tag('v1.0.0'), noProgress);
		expect(young.commit).not.toBe(old.commit);
		expect((await readText(open(), young.commit))['file a']).toBe('new');
	});

	test('leaves no ref name of the remote in the store', async () => {
		const { dir, published, open } = place();
		published.publish({ tags: ['v1.0.0', 'v1.1.0'], files: info('1.0.0') });
		const source = open();
		await source.list();
		await source.fetch(tag('v1.0.0'), noProgress);
		const refs = execFileSync(
			'git',
			[`--git-dir=${dir}/state/store.git`, 'for-each-ref', '--format=%(refname)'],
			{ encoding: 'utf8' },
		);
		expect(refs.trim().split('\n').sort()).toEqual(['refs/signalbox/channel', 'refs/signalbox/tags/v1.0.0']);
	});
});

describe('entries', () => {
	test('are files, executables and links with their published bytes', async () => {
		const { published, open } = place();
		const noise = Buffer.from(Array.from({ length: 200_000 }, (_, index) => (index * 31) % 251));
		published.publish({
			tags: ['v1.0.0'],
			files: {
				a: '',
				'b/run.sh': '#!/bin/sh\n',
				l: { link: 'b/run.sh' },
				noise: { text: noise, mode: 0o644 },
				odd: { text: 'x', mode: 0o600 },
			},
		});
		const source = open();
		const { commit } = await source.fetch(tag('v1.0.0'), noProgress);
		expect(await source.entries(commit)).toEqual([
			{ kind: 'file', path: 'a', mode: 0o644, size: 0 },
			{ kind: 'file', path: 'b/run.sh', mode: 0o755, size: 10 },
			{ kind: 'link', path: 'l', size: 8 },
			{ kind: 'file', path: 'noise', mode: 0o644, size: 200_000 },
			{ kind: 'file', path: 'odd', mode: 0o644, size: 1 },
		]);
		const hash = createHash('sha256');
		await source.read(commit, async (entry, chunks) => {
			for await (const chunk of chunks) if (entry.path === 'noise') hash.update(chunk);
		});
		expect(hash.digest('hex')).toBe(createHash('sha256').update(noise).digest('hex'));
		expect(await readText(source, commit)).toMatchObject({
			'file a': '',
			'link l': 'b/run.sh',
			'file odd': 'x',
		});
	});

	test.each([
		['a submodule', ['--cacheinfo', `160000,${'a'.repeat(40)},module`], /submodule/],
		['a backslash', ['--cacheinfo', '100644,BLOB,a\\b'], /path/],
		['a control character', ['--cacheinfo', '100644,BLOB,a\u0007b'], /path/],
	])('refuses %s', async (_, args, why) => {
		const { published, open } = place();
		published.publish({ tags: [], files: info('1.0.0') });
		const blob = published.git('rev-parse', 'HEAD:info.json').trim();
		published.git('update-index', '--add', ...args.map((arg) => arg.replace('BLOB', blob)));
		published.git('commit', '--quiet', '--message', 'odd');
		published.git('tag', 'v1.0.0');
		const source = open();
		const { commit } = await source.fetch(tag('v1.0.0'), noProgress);
		await expect(source.entries(commit)).rejects.toMatchObject({
			record: { code: 'content-refused', message: expect.stringMatching(why) },
		});
		await expect(source.read(commit, async () => undefined)).rejects.toMatchObject({
			record: { code: 'content-refused' },
		});
	});
});

describe('retries', () => {
	test('a server that fails twice, with increasing pauses', async () => {
		const { published, open, slept } = place();
		published.publish({ tags: ['v1.0.0'], files: info('1.0.0') });
		const server = await gitServer(published.dir);
		server.failNext(2);
		expect((await open({ url: server.url }).list()).tags).toEqual(['v1.0.0']);
		expect(slept).toEqual([1000, 2000]);
	});

	const page = (status: number, text: string) => async () =>
		`http://127.0.0.1:${await answeringServer((_, response) => {
			response.statusCode = status;
			response.end(text);
		})}/core.git`;

	test.each<[string, (dir: string) => Promise<string>]>([
		['where no server listens', async () => `http://127.0.0.1:${DEAF_PORT}/core.git`],
		['that is not a directory', async (dir) => `file://${dir}/nowhere`],
		['that is not a repository', async (dir) => dir],
		['that is not found', page(404, '404: Not Found')],
		['that always fails', page(500, 'oops')],
		[
			'that redirects',
			async (dir) => {
				const { url } = await gitServer(join(dir, 'source'));
				return `http://127.0.0.1:${await answeringServer((request, response) => {
					response.writeHead(302, { location: new URL(request.url ?? '/', url).href });
					response.end();
				})}/`;
			},
		],
	])('gives up a source %s after three attempts', async (_, urlOf) => {
		const { dir, published, open, slept } = place();
		published.publish({ tags: ['v1.0.0'], files: info('1.0.0') });
		await expect(open({ url: await urlOf(dir) }).list()).rejects.toMatchObject({
			record: { code: 'source-unreachable', retry: 'later' },
		});
		expect(slept).toEqual([1000, 2000]);
	});

	test.each<[string, () => Promise<string>]>([
		['an HTTP server', async () => `http://127.0.0.1:${await silentServer()}/core.git`],
		['a git server', async () => `git://127.0.0.1:${await silentServer()}/core.git`],
	])('waits once for %s that never answers', async (_, urlOf) => {
		const { open, slept } = place();
		await expect(open({ url: await urlOf(), timeout: 500 }).list()).rejects.toMatchObject({
			record: { code: 'source-timeout' },
		});
		expect(slept).toEqual([]);
	});

	test('rejects a web page as a repository', async () => {
		const { open } = place();
		const url = await page(200, '<html>Sign in to this network</html>')();
		await expect(open({ url }).list()).rejects.toMatchObject({ record: { code: 'source-empty' } });
	});

	const noise = () => Array.from({ length: 20_000 }, () => Math.random()).join('\n');

	test('a stalled pack ends at the time limit, and the next attempt fetches everything', async () => {
		const { published, open } = place();
		published.publish({ tags: ['v1.0.0'], files: { ...info('1.0.0'), noise: noise() } });
		const server = await gitServer(published.dir);
		server.stopAfter(50_000, 'stalls');
		await expect(open({ url: server.url, timeout: 1500 }).list()).rejects.toMatchObject({
			record: { code: 'source-timeout' },
		});
		server.stopAfter(Number.POSITIVE_INFINITY, 'ends');
		expect((await open({ url: server.url }).list()).channel).toMatchObject({ info: { version: '1.0.0' } });
	});

	test('a truncated pack is requested three times, and the next attempt fetches everything', async () => {
		const { published, open, slept } = place();
		published.publish({ tags: ['v1.0.0'], files: { ...info('1.0.0'), noise: noise() } });
		const server = await gitServer(published.dir);
		server.stopAfter(50_000, 'ends');
		await expect(open({ url: server.url }).list()).rejects.toMatchObject({
			record: { code: 'source-unreachable' },
		});
		expect(slept).toEqual([1000, 2000]);
		server.stopAfter(Number.POSITIVE_INFINITY, 'ends');
		expect((await open({ url: server.url }).list()).channel).toMatchObject({ info: { version: '1.0.0' } });
	});

	test('does not retry permanent errors', async () => {
		const { open, slept } = place();
		await expect(open().list()).rejects.toMatchObject({ record: { code: 'source-empty' } });
		expect(slept).toEqual([]);
	});
});
