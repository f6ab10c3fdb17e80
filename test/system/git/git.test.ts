/** Hardened git: nothing from a repository, its server or the caller's environment is executed or trusted. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
	appendFileSync,
	chmodSync,
	existsSync,
	lstatSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { type ListedBlob, readBlobs } from '../../../src/system/git/blobs.ts';
import { environment, type GitRemote } from '../../../src/system/git/command.ts';
import { commitOf, listTree, objectAt, type TreeEntry } from '../../../src/system/git/git.ts';
import { fetchRef, listRemote } from '../../../src/system/git/remote.ts';
import { makeStore } from '../../../src/system/git/store-directory.ts';
import { accountForTest } from '../../box/sources/fetcher.ts';
import { gitServer } from '../../box/sources/servers.ts';
import { makeSource, type Source } from '../../box/sources/source.ts';
import { scratch } from '../../scratch.ts';

const LATEST = 'refs/ours/latest';

interface Place {
	readonly dir: string;
	readonly source: Source;
	readonly remote: GitRemote;
}

function place(url?: (source: Source) => string): Place {
	const dir = scratch();
	const source = makeSource(join(dir, 'source'));
	source.publish({
		tags: ['v1.0.0'],
		files: { 'a.txt': 'one\n', 'bin/run': { text: '#!/bin/sh\n', mode: 0o755 }, link: { link: 'a.txt' } },
	});
	const remote = {
		store: join(dir, 'state/store.git'),
		url: url?.(source) ?? `file://${source.dir}`,
		path: ['/usr/bin', '/bin'],
		timeout: 60_000,
		clock: () => 'set' as const,
		account: accountForTest,
	};
	// The account needs access to the source and to the store.
	chmodSync(dir, 0o711);
	mkdirSync(join(dir, 'state'));
	return { dir, source, remote };
}

async function fetchTag(remote: GitRemote, tag: string): Promise<string> {
	await makeStore(remote);
	await fetchRef(remote, `refs/tags/${tag}`, LATEST, () => undefined);
	return (await commitOf(remote, LATEST)) ?? '';
}

const inStore = (remote: GitRemote, ...args: readonly string[]) =>
	execFileSync('git', [`--git-dir=${remote.store}`, ...args], { encoding: 'utf8' }).trim();

async function readAll(remote: GitRemote, listed: readonly ListedBlob[]): Promise<Buffer[]> {
	const blobs: Buffer[] = [];
	await readBlobs(remote, listed, async (index, chunks) => {
		const pieces: Buffer[] = [];
		for await (const chunk of chunks) pieces.push(Buffer.from(chunk));
		blobs[index] = Buffer.concat(pieces);
	});
	return blobs;
}

describe('a fetch', () => {
	test('fetches one ref with depth 1 and no tags', async () => {
		const { source, remote } = place();
		for (const version of ['1.1.0', '1.2.0'])
			source.publish({ tags: [`v${version}`], files: { 'a.txt': version } });
		await fetchTag(remote, 'v1.2.0');
		expect(inStore(remote, 'for-each-ref', '--format=%(refname)')).toBe(LATEST);
		expect(inStore(remote, 'rev-list', '--count', LATEST)).toBe('1');
		expect(existsSync(join(remote.store, 'FETCH_HEAD'))).toBe(false);
		expect(inStore(remote, 'config', '--get-regexp', '.*')).not.toContain(source.dir);
	});

	test('stores the tag object of an annotated tag and the commit of a lightweight one', async () => {
		const { source, remote } = place();
		source.git('tag', 'light', 'HEAD');
		const commit = source.git('rev-parse', 'HEAD').trim();
		expect(await fetchTag(remote, 'v1.0.0')).toBe(commit);
		expect(await objectAt(remote, LATEST)).toBe(source.git('rev-parse', 'refs/tags/v1.0.0').trim());
		await fetchTag(remote, 'light');
		expect(await objectAt(remote, LATEST)).toBe(commit);
	});

	test('reports its progress', async () => {
		const { source, remote } = place();
		source.publish({
			tags: ['v2.0.0'],
			files: Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`${index}`, `${index}`])),
		});
		const told: number[] = [];
		await makeStore(remote);
		await fetchRef(remote, 'refs/tags/v2.0.0', LATEST, ({ percent }) => told.push(percent));
		expect(told.at(-1)).toBe(100);
		expect(told.every((percent) => percent >= 0 && percent <= 100)).toBe(true);
	});

	test('transfers only new objects for a second release over HTTP', async () => {
		const { source, remote } = place();
		const noise = Array.from({ length: 5000 }, () => Math.random()).join('\n');
		source.publish({ tags: ['v2.0.0'], files: { noise } });
		source.publish({ tags: ['v2.0.1'], files: { noise, 'b.txt': 'new' } });
		const server = await gitServer(source.dir);
		const http = { ...remote, url: server.url };
		await fetchTag(http, 'v2.0.0');
		const first = server.packBytes();
		await makeStore(http);
		await fetchRef(http, 'refs/tags/v2.0.1', 'refs/ours/next', () => undefined);
		expect(first).toBeGreaterThan(noise.length / 4);
		expect(server.packBytes() - first).toBeLessThan(first / 4);
	});

	test('fails with the code of an unreachable source if the ref is missing', async () => {
		const { remote } = place();
		await expect(fetchTag(remote, 'v9.9.9')).rejects.toMatchObject({
			record: { code: 'source-unreachable', facts: { git: expect.stringContaining('v9.9.9') } },
		});
	});

	test.each(['unsynced', 'sealed'])(
		'removes leftovers of a git that was killed or could not clean up: %s',
		async (how) => {
			const { remote } = place();
			await fetchTag(remote, 'v1.0.0');
			for (const name of [
				'shallow.lock',
				'refs/ours/latest.lock',
				'objects/pack/tmp_pack_abc',
				'config.lock',
			])
				writeFileSync(join(remote.store, name), 'x');
			if (how === 'unsynced') writeFileSync(`${remote.store}.unsynced`, '');
			await fetchTag(remote, 'v1.0.0');
			const left = readdirSync(remote.store, { recursive: true, encoding: 'utf8' }).filter((name) =>
				/\.lock$|tmp_/.test(name),
			);
			expect(left).toEqual([]);
		},
	);
});

describe('a store whose fetch was interrupted by a power cut', () => {
	const files = (store: string) =>
		readdirSync(store, { recursive: true, encoding: 'utf8' }).filter((name) =>
			lstatSync(join(store, name)).isFile(),
		);

	/** Unsynced files keep at most their name and length, without contents. */
	function empty(remote: GitRemote, pattern: RegExp): void {
		const hit = files(remote.store).filter((name) => pattern.test(name));
		expect(hit).not.toEqual([]);
		for (const name of hit) {
			chmodSync(join(remote.store, name), 0o600);
			writeFileSync(join(remote.store, name), '');
		}
		writeFileSync(`${remote.store}.unsynced`, '');
	}

	test.each([
		['its objects', /^objects\//],
		['a ref', /^refs\//],
		['its HEAD', /^HEAD$/],
	])('is recreated if files are empty: %s', async (_, pattern) => {
		const { source, remote } = place();
		await fetchTag(remote, 'v1.0.0');
		empty(remote, pattern);
		expect(await fetchTag(remote, 'v1.0.0')).toBe(source.git('rev-parse', 'v1.0.0^{commit}').trim());
		expect(inStore(remote, 'cat-file', '-t', LATEST)).toBe('tag');
		expect(existsSync(`${remote.store}.unsynced`)).toBe(false);
	});

	test('is kept if nothing in it is damaged', async () => {
		const { remote } = place();
		await fetchTag(remote, 'v1.0.0');
		writeFileSync(`${remote.store}.unsynced`, '');
		const { ino } = lstatSync(remote.store);
		await makeStore(remote);
		expect(lstatSync(remote.store).ino).toBe(ino);
	});
});

describe('the remote', () => {
	test('lists only the refs that match the patterns, with unpeeled tags', async () => {
		const { source, remote } = place();
		source.git('update-ref', 'refs/tags/--upload-pack=x', 'HEAD');
		source.git('branch', 'other');
		const refs = await listRemote(remote, ['refs/tags/*', 'refs/heads/main']);
		expect([...refs.keys()].sort()).toEqual([
			'refs/heads/main',
			'refs/tags/--upload-pack=x',
			'refs/tags/v1.0.0',
		]);
		expect(refs.get('refs/tags/v1.0.0')).toBe(source.git('rev-parse', 'refs/tags/v1.0.0').trim());
	});

	test.each([
		['https://x.org/y.git', 'https'],
		['http://x.org/y.git', 'http'],
		['ssh://git@x.org/y', 'ssh'],
		['git@x.org:y.git', 'ssh'],
		['file:///srv/x', 'file'],
		['/srv/x', 'file'],
		['git://x.org/y', 'git'],
	])('uses for %s only the protocol %s', (url, protocol) => {
		expect(
			environment({ store: '/x/store.git', url, path: [], timeout: 1, clock: () => 'set' })[
				'GIT_ALLOW_PROTOCOL'
			],
		).toBe(protocol);
	});
});

describe('nothing is executed', () => {
	/** A shell command that leaves a mark when it runs. */
	const mark = (dir: string) => `touch ${join(dir, 'executed')}`;

	/** Uses the store as it is; makeStore would recreate a store with planted content. */
	async function useAll(remote: GitRemote): Promise<void> {
		await fetchRef(remote, 'refs/tags/v1.0.0', LATEST, () => undefined);
		const commit = (await commitOf(remote, LATEST)) ?? '';
		const tree = await listTree(remote, commit);
		await readAll(remote, tree);
		await listRemote(remote, ['refs/tags/*']);
	}

	test('from the store: hooks, fsmonitor, filters, attributes, helpers, aliases', async () => {
		const { dir, remote } = place();
		await makeStore(remote);
		for (const hook of ['post-checkout', 'reference-transaction', 'post-update', 'pre-auto-gc']) {
			mkdirSync(join(remote.store, 'hooks'), { recursive: true });
			writeFileSync(join(remote.store, 'hooks', hook), `#!/bin/sh\n${mark(dir)}\n`, { mode: 0o755 });
		}
		for (const [key, value] of [
			['core.fsmonitor', mark(dir)],
			['filter.evil.smudge', mark(dir)],
			['core.sshCommand', mark(dir)],
			['credential.helper', `!${mark(dir)}`],
			['core.pager', mark(dir)],
			['alias.fetch', `!${mark(dir)}`],
			['core.gitProxy', mark(dir)],
		] as const)
			inStore(remote, 'config', key, value);
		writeFileSync(join(remote.store, 'info-attributes'), '* filter=evil\n');
		await useAll(remote);
		expect(existsSync(join(dir, 'executed'))).toBe(false);
	});

	test('from the release: attributes with filters, .gitmodules, hooks', async () => {
		const { dir, source, remote } = place();
		const evil = {
			'.gitattributes': '* filter=evil diff=evil ident text eol=crlf\n',
			'.gitconfig': `[filter "evil"]\n\tsmudge = ${mark(dir)}\n`,
			'a.txt': '$Id$\n',
			'.githooks/post-checkout': { text: `#!/bin/sh\n${mark(dir)}\n`, mode: 0o755 },
		};
		source.publish({ tags: ['v1.0.0'], files: evil });
		const commit = await fetchTag(remote, 'v1.0.0');
		const tree = await listTree(remote, commit);
		const at = tree.findIndex(({ path }) => path === 'a.txt');
		const blobs = await readAll(remote, tree);
		expect(blobs[at]?.toString(), 'bytes as they were published').toBe('$Id$\n');
		expect(existsSync(join(dir, 'executed'))).toBe(false);
	});

	describe('from the caller’s environment', () => {
		const before = { ...process.env };
		afterEach(() => {
			for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
			Object.assign(process.env, before);
		});

		test('GIT_* variables, HOME and PATH do not reach git', async () => {
			const { dir, remote } = place();
			const home = join(dir, 'home');
			mkdirSync(home);
			writeFileSync(
				join(home, '.gitconfig'),
				`[core]\n\tfsmonitor = ${mark(dir)}\n[url "/nowhere"]\n\tinsteadOf = file://\n`,
			);
			mkdirSync(join(dir, 'bin'));
			writeFileSync(join(dir, 'bin/git'), `#!/bin/sh\n${mark(dir)}\n`, { mode: 0o755 });
			Object.assign(process.env, {
				HOME: home,
				XDG_CONFIG_HOME: home,
				PATH: `${dir}/bin:${process.env['PATH']}`,
				GIT_DIR: '/nowhere',
				GIT_CONFIG_GLOBAL: join(home, '.gitconfig'),
				GIT_CONFIG_COUNT: '1',
				GIT_CONFIG_KEY_0: 'core.fsmonitor',
				GIT_CONFIG_VALUE_0: mark(dir),
				GIT_SSH_COMMAND: mark(dir),
				GIT_PROXY_COMMAND: mark(dir),
				GIT_EXTERNAL_DIFF: mark(dir),
				GIT_TRACE: join(dir, 'traced'),
				GIT_OBJECT_DIRECTORY: '/nowhere',
				GIT_ALLOW_PROTOCOL: 'ext',
				LD_PRELOAD: '/nowhere.so',
			});
			await makeStore(remote);
			await useAll(remote);
			expect(existsSync(join(dir, 'executed'))).toBe(false);
			expect(existsSync(join(dir, 'traced'))).toBe(false);
		});
	});

	test.each([
		['ext::', (dir: string) => `ext::sh -c ${mark(dir).replaceAll(' ', '% ')}`],
		['a helper named like a path', (dir: string) => `fd::7/${dir}`],
		['an option', (dir: string) => `--upload-pack=${mark(dir)}`],
		[
			'SSH with an option as the host',
			(dir: string) => `ssh://-oProxyCommand=${mark(dir).replaceAll(' ', '\t')}/x`,
		],
	])('from a URL: %s', async (_, urlOf) => {
		const { dir, remote } = place();
		const evil = { ...remote, url: urlOf(dir) };
		await expect(listRemote(evil, ['refs/tags/*'])).rejects.toMatchObject({
			record: { code: 'source-unreachable' },
		});
		await makeStore(evil);
		await expect(fetchRef(evil, 'refs/tags/v1.0.0', LATEST, () => undefined)).rejects.toMatchObject({
			record: { code: 'source-unreachable' },
		});
		expect(existsSync(join(dir, 'executed'))).toBe(false);
	});

	test('does not read an HTTP source from a file even if the store’s configuration redirects it', async () => {
		const { source, remote } = place();
		const { url } = await gitServer(join(source.dir, 'nothing-here'));
		const http = { ...remote, url };
		await makeStore(http);
		inStore(http, 'config', `url.file://${source.dir}.insteadOf`, url);
		await expect(listRemote(http, ['refs/tags/*'])).rejects.toMatchObject({
			record: { code: 'source-unreachable' },
		});
		await expect(fetchRef(http, 'refs/tags/v1.0.0', LATEST, () => undefined)).rejects.toMatchObject({
			record: { code: 'source-unreachable' },
		});
	});

	test.each<[string, (store: string, dir: string) => void]>([
		['a hook', (store) => mkdirSync(join(store, 'hooks'))],
		[
			'a setting that names a program',
			(store) => appendFileSync(join(store, 'config'), '\tsshCommand = evil\n'),
		],
		[
			'a setting that includes another file',
			(store) => appendFileSync(join(store, 'config'), '[include]\n\tpath = /tmp/evil\n'),
		],
		[
			'two settings on one line',
			(store) => appendFileSync(join(store, 'config'), '[core] sshCommand = evil\n'),
		],
		['settings from another directory', (store) => writeFileSync(join(store, 'commondir'), '../..\n')],
		['settings of a work tree', (store) => writeFileSync(join(store, 'config.worktree'), '')],
		['alternate objects', (store) => writeFileSync(join(store, 'objects/info/alternates'), '/srv/objects\n')],
		['a commit graph without hashes', (store) => writeFileSync(join(store, 'objects/info/commit-graph'), '')],
		['grafts and attributes', (store) => mkdirSync(join(store, 'info'))],
		['replace refs', (store) => mkdirSync(join(store, 'refs/replace'))],
		[
			'a link to other objects',
			(store, dir) => [
				rmSync(join(store, 'objects'), { recursive: true }),
				symlinkSync(dir, join(store, 'objects')),
			],
		],
		[
			'a configuration that is a link',
			(store, dir) => [
				renameSync(join(store, 'config'), join(dir, 'c')),
				symlinkSync(join(dir, 'c'), join(store, 'config')),
			],
		],
		['no configuration', (store) => rmSync(join(store, 'config'))],
	])('from a store with planted content, which is recreated: %s', async (_, plant) => {
		const { dir, remote } = place();
		await fetchTag(remote, 'v1.0.0');
		const made = lstatSync(remote.store).ino;
		await makeStore(remote);
		expect(lstatSync(remote.store).ino, 'as it was made').toBe(made);
		plant(remote.store, dir);
		await makeStore(remote);
		expect(await objectAt(remote, LATEST), 'nothing of it is left').toBeUndefined();
		expect(readdirSync(remote.store).sort()).toEqual(['HEAD', 'config', 'objects', 'refs']);
		expect(await fetchTag(remote, 'v1.0.0')).not.toBe('');
	});

	test('neither asks for a password nor takes one from the URL', async () => {
		const { source, remote } = place();
		const { url } = await gitServer(source.dir);
		await expect(
			listRemote({ ...remote, url: url.replace('http://', 'http://user:secret@') }, ['refs/tags/*']),
		).rejects.toMatchObject({
			record: { code: 'source-unreachable' },
		});
	});
});

describe('replace refs and alternates', () => {
	test('reads the original of a replaced object', async () => {
		const { dir, remote } = place();
		const commit = await fetchTag(remote, 'v1.0.0');
		const [entry] = await listTree(remote, commit, 'a.txt');
		writeFileSync(join(dir, 'evil'), 'evil\n');
		const evil = inStore(remote, 'hash-object', '-w', join(dir, 'evil'));
		inStore(remote, 'replace', entry?.id ?? '', evil);
		expect((await readAll(remote, [entry as TreeEntry]))[0]?.toString()).toBe('one\n');
	});
});

describe('a tree', () => {
	test('is listed with unchanged modes, sizes and names', async () => {
		const { source, remote } = place();
		const files = {
			'a b': '1',
			ünï: '22',
			'"q"': '333',
			'-d': '',
			'deep/er/x': { text: 'run', mode: 0o755 },
			l: { link: 'a b' },
		};
		source.publish({ tags: ['v2.0.0'], files });
		const tree = await listTree(remote, await fetchTag(remote, 'v2.0.0'));
		expect(Object.fromEntries(tree.map(({ path, mode, size }) => [path, `${mode} ${size}`]))).toEqual({
			'a b': '100644 1',
			ünï: '100644 2',
			'"q"': '100644 3',
			'-d': '100644 0',
			'deep/er/x': '100755 3',
			l: '120000 3',
		});
	});

	test('of one path is listed alone', async () => {
		const { remote } = place();
		const commit = await fetchTag(remote, 'v1.0.0');
		expect((await listTree(remote, commit, 'a.txt')).map(({ path }) => path)).toEqual(['a.txt']);
		expect(await listTree(remote, commit, 'nothing')).toEqual([]);
		expect(await listTree(remote, commit, '--all')).toEqual([]);
	});

	test('of an unknown commit is reported as a damaged store', async () => {
		const { remote } = place();
		await makeStore(remote);
		await expect(listTree(remote, 'a'.repeat(40))).rejects.toMatchObject({ record: { code: 'io-error' } });
		expect(await commitOf(remote, 'refs/ours/none')).toBeUndefined();
		expect(await objectAt(remote, '--all')).toBeUndefined();
	});
});

describe('blobs', () => {
	test('are read completely and in order: empty, small, large, binary, and a repeated one', async () => {
		const { dir, source, remote } = place();
		const large = Buffer.alloc(7 * 1024 * 1024 + 13, 'large\n');
		const binary = Buffer.from(Array.from({ length: 70_000 }, (_, index) => (index * 7) % 256));
		const contents = [
			Buffer.alloc(0),
			Buffer.from('\n'),
			large,
			binary,
			Buffer.from('no line end'),
			Buffer.alloc(65_536, 0),
		];
		const listed = contents.map((bytes, index) => {
			writeFileSync(join(dir, `${index}`), bytes);
			return { id: source.git('hash-object', '-w', '--', join(dir, `${index}`)).trim(), size: bytes.length };
		});
		mkdirSync(join(dir, 'store'));
		const store = { ...remote, store: join(source.dir, '.git') };
		const blobs = await readAll(store, [...listed, listed[2] as ListedBlob]);
		const digest = (bytes: Buffer | undefined) =>
			createHash('sha256')
				.update(bytes ?? '')
				.digest('hex');
		expect(blobs.map(digest)).toEqual([...contents, large].map(digest));
	});

	test('are read in large numbers', async () => {
		const { source, remote } = place();
		const files = Object.fromEntries(
			Array.from({ length: 4000 }, (_, index) => [`${index}`, `contents of ${index}`]),
		);
		source.publish({ tags: ['v2.0.0'], files });
		const tree = await listTree(remote, await fetchTag(remote, 'v2.0.0'));
		const blobs = await readAll(remote, tree);
		expect(blobs.map(String)).toEqual(tree.map(({ path }) => `contents of ${path}`));
	});

	test.each([
		['a missing blob', (source: Source) => [source.git('rev-parse', 'HEAD:a.txt').trim(), 'b'.repeat(40)]],
		['a tree', (source: Source) => [source.git('rev-parse', 'HEAD^{tree}').trim()]],
		['an invalid id', () => ['--batch-all-objects']],
	])('reports a damaged store: %s', async (_, idsOf) => {
		const { source, remote } = place();
		const store = { ...remote, store: join(source.dir, '.git') };
		const listed = idsOf(source).map((id) => ({ id, size: 4 }));
		await expect(readAll(store, listed)).rejects.toMatchObject({ record: { code: 'state-damaged' } });
	});

	/** A compromised git: the output of the real one, modified. */
	function lyingGit(dir: string, change: string): readonly string[] {
		mkdirSync(join(dir, 'bin'));
		writeFileSync(
			join(dir, 'bin/git'),
			`#!/bin/bash\nexec > >(sed -u ${JSON.stringify(change)})\n/usr/bin/git "$@"\n`,
			{ mode: 0o755 },
		);
		return [join(dir, 'bin'), '/usr/bin', '/bin'];
	}

	test.each([
		['has other bytes of the same length', 's/^one$/two/'],
		['is longer than listed', 's/^\\([0-9a-f]*\\) blob 4$/\\1 blob 5/'],
		['never ends', 's/^\\([0-9a-f]*\\) blob 4$/\\1 blob 999999999999999/'],
		['has an invalid size', 's/^\\([0-9a-f]*\\) blob 4$/\\1 blob 0x4/'],
		['has another id', 's/^[0-9a-f]* blob 4$/0000000000000000000000000000000000000000 blob 4/'],
		['continues after its end', 's/^one$/one\\nmore/'],
	])('refuses a blob that %s, whoever runs git', async (_, change) => {
		const { dir, remote } = place();
		const listed = await listTree(remote, await fetchTag(remote, 'v1.0.0'), 'a.txt');
		expect(await readAll(remote, listed)).toEqual([Buffer.from('one\n')]);
		const liar = { ...remote, path: lyingGit(dir, change) };
		let given = 0;
		const reading = readBlobs(liar, [...listed, ...listed], async (_, chunks) => {
			for await (const chunk of chunks) given += chunk.length;
		});
		await expect(reading).rejects.toMatchObject({ record: { code: 'state-damaged' } });
		expect(given, 'no more than was listed').toBeLessThanOrEqual(4);
	});

	test('detects a pack damaged on disk', async () => {
		const { source, remote } = place();
		source.publish({
			tags: ['v2.0.0'],
			files: { noise: Array.from({ length: 9000 }, () => Math.random()).join('\n') },
		});
		const tree = await listTree(remote, await fetchTag(remote, 'v2.0.0'));
		const packs = join(remote.store, 'objects/pack');
		const pack = join(packs, readdirSync(packs).find((name) => name.endsWith('.pack')) ?? '');
		const bytes = readFileSync(pack);
		bytes.fill(0x55, Math.floor(bytes.length / 2), Math.floor(bytes.length / 2) + 200);
		execFileSync('chmod', ['u+w', pack]);
		writeFileSync(pack, bytes);
		await expect(readAll(remote, tree)).rejects.toMatchObject({ record: { code: 'state-damaged' } });
	});

	test('leaves no process behind when a reader stops early', async () => {
		const { source, remote } = place();
		const store = { ...remote, store: join(source.dir, '.git') };
		const blob = { id: source.git('rev-parse', 'HEAD:a.txt').trim(), size: 4 };
		await expect(readBlobs(store, [blob, blob], () => Promise.reject(new Error('enough')))).rejects.toThrow(
			'enough',
		);
	});

	test('reports that git is not installed', async () => {
		const { remote } = place();
		await expect(readAll({ ...remote, path: ['/nonexistent'] }, [])).rejects.toMatchObject({
			record: { code: 'tool-missing' },
		});
	});
});
