/** The tree of a signed commit: git's listing must match the objects hashed here, or it is refused. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { GitRemote } from '../../../src/system/git/command.ts';
import { listTree } from '../../../src/system/git/git.ts';
import { listSignedTree } from '../../../src/system/git/signed-tree.ts';
import { addObject, writeObject } from '../../box/releases/loose-object.ts';
import { makeSource, type Source, sourceAt } from '../../box/sources/source.ts';
import { scratch } from '../../scratch.ts';

const FILES = {
	'a.txt': 'one\n',
	'deep/er/x': { text: 'run', mode: 0o755 },
	'deep/y': 'why',
	ünï: '22',
	'-d': '',
	l: { link: 'a.txt' },
};

function place(): { readonly dir: string; readonly source: Source; readonly remote: GitRemote } {
	const dir = scratch();
	const source = makeSource(join(dir, 'source'));
	source.publish({ tags: ['v1.0.0'], files: FILES });
	const store = join(source.dir, '.git');
	return {
		dir,
		source,
		remote: { store, url: source.dir, path: ['/usr/bin', '/bin'], timeout: 60_000, clock: () => 'set' },
	};
}

const idOf = (source: Source, name: string) => source.git('rev-parse', name).trim();
const bytesOf = (entries: readonly (readonly [mode: string, name: string, id: string])[]) =>
	Buffer.concat(
		entries.flatMap(([mode, name, id]) => [Buffer.from(`${mode} ${name}\0`), Buffer.from(id, 'hex')]),
	);

test('lists the tree as git does', async () => {
	const { source, remote } = place();
	const commit = idOf(source, 'HEAD');
	expect(await listSignedTree(remote, commit)).toEqual(await listTree(remote, commit));
	expect(await listSignedTree(remote, commit)).toHaveLength(Object.keys(FILES).length);
});

test('lists an empty tree and one with a submodule', async () => {
	const { source, remote } = place();
	source.git('rm', '-rq', '.');
	source.git('commit', '--quiet', '--allow-empty', '--message', 'nothing');
	expect(await listSignedTree(remote, idOf(source, 'HEAD'))).toEqual([]);
	source.git('update-index', '--add', '--cacheinfo', `160000,${'a'.repeat(40)},module`);
	source.git('commit', '--quiet', '--message', 'a module');
	expect(await listSignedTree(remote, idOf(source, 'HEAD'))).toMatchObject([
		{ type: 'commit', path: 'module' },
	]);
});

test('lists the tree of a SHA-256 repository', async () => {
	const { dir, remote } = place();
	const other = sourceAt(join(dir, 'sha256'));
	mkdirSync(join(other.dir, 'deep'), { recursive: true });
	writeFileSync(join(other.dir, 'deep/file'), 'x\n');
	other.git('init', '--quiet', '--object-format=sha256');
	other.git('add', '.');
	other.git('commit', '--quiet', '--message', 'one');
	const commit = idOf(other, 'HEAD');
	expect(commit).toHaveLength(64);
	expect(await listSignedTree({ ...remote, store: join(other.dir, '.git') }, commit)).toMatchObject([
		{ path: 'deep/file', size: 2 },
	]);
});

describe('refuses a store in which objects were replaced:', () => {
	/** Returns a tree that differs only in the blob of `a.txt`. */
	function otherTree({ source, remote }: ReturnType<typeof place>): Buffer {
		const evil = addObject(remote.store, 'blob', Buffer.from('two\n'));
		const entries = source
			.git('ls-tree', 'HEAD', '-z')
			.split('\0')
			.filter((line) => line !== '');
		return bytesOf(
			entries.map((line) => {
				const [, mode = '', id = '', name = ''] = /^(\d+) \w+ (\w+)\t(.*)$/s.exec(line) ?? [];
				return [mode.replace(/^0/, ''), name, name === 'a.txt' ? evil : id];
			}),
		);
	}

	test('a tree, which git detects itself', async () => {
		const here = place();
		writeObject(here.remote.store, idOf(here.source, 'HEAD^{tree}'), 'tree', otherTree(here));
		await expect(listSignedTree(here.remote, idOf(here.source, 'HEAD'))).rejects.toMatchObject({
			record: { code: 'io-error' },
		});
	});

	test('a subtree, which git does not check', async () => {
		const here = place();
		const evil = addObject(here.remote.store, 'blob', Buffer.from('evil'));
		const commit = idOf(here.source, 'HEAD');
		const below = idOf(here.source, 'HEAD:deep/er');
		writeObject(here.remote.store, below, 'tree', bytesOf([['100755', 'x', evil]]));
		expect((await listTree(here.remote, commit)).find(({ path }) => path === 'deep/er/x')?.id).toBe(evil);
		await expect(listSignedTree(here.remote, commit)).rejects.toMatchObject({
			record: { code: 'state-damaged' },
		});
	});

	test('the tree of another commit', async () => {
		const here = place();
		const commit = idOf(here.source, 'HEAD');
		const text = here.source
			.git('cat-file', 'commit', commit)
			.replace(/^tree .*/, `tree ${addObject(here.remote.store, 'tree', otherTree(here))}`);
		const evil = addObject(here.remote.store, 'commit', Buffer.from(text));
		const bin = join(here.dir, 'bin');
		mkdirSync(bin);
		// A compromised git: asked for the tree of one commit, it returns that of another.
		writeFileSync(
			join(bin, 'git'),
			`#!/bin/bash\nargs=()\nfor a in "$@"; do [[ " $* " == *" ls-tree "* && $a == ${commit} ]] && a=${evil}; args+=("$a"); done\nexec /usr/bin/git "\${args[@]}"\n`,
		);
		chmodSync(join(bin, 'git'), 0o755);
		const liar = { ...here.remote, path: [bin, '/usr/bin', '/bin'] };
		expect((await listTree(liar, commit)).find(({ path }) => path === 'a.txt')?.id).not.toBe(
			idOf(here.source, 'HEAD:a.txt'),
		);
		await expect(listSignedTree(liar, commit)).rejects.toMatchObject({ record: { code: 'state-damaged' } });
	});
});
