/**
 * What git can hold and no release may: it is refused by whoever sees it first, git itself, the source or the
 * writer of trees.
 */
import { chmodSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseTag, type Tag } from '../../../src/model/release/tag.ts';
import { writeTree } from '../../../src/privileged/updater/stage/release-tree.ts';
import { gitSource } from '../../../src/sources/git/git.ts';
import { gitStore } from '../../../src/sources/git/store.ts';
import { infoJson } from '../../box/releases/citadel.ts';
import { type OddEntry, publishEntry } from '../../box/releases/odd-entry.ts';
import { accountForTest } from '../../box/sources/fetcher.ts';
import { makeSource } from '../../box/sources/source.ts';
import { scratch } from '../../scratch.ts';

const TAG = parseTag('v1.1.0') as Tag;

/** Fetches and writes the release as the updater does. */
async function take(entry: OddEntry): Promise<unknown> {
	const dir = scratch();
	chmodSync(dir, 0o711);
	const published = makeSource(join(dir, 'source'));
	publishEntry(published, TAG, { 'info.json': infoJson('1.1.0', '*'), 'bin/tool': 'x' }, entry);
	mkdirSync(join(dir, 'state'));
	mkdirSync(join(dir, 'root/staged'), { recursive: true });
	const remote = {
		store: join(dir, 'state/store.git'),
		url: published.dir,
		path: ['/usr/bin', '/bin'],
		timeout: 60_000,
	};
	const world = { tagKeys: undefined, sleep: async () => undefined, beforeTransfer: async () => undefined };
	const source = gitSource(
		gitStore({ ...remote, clock: () => 'set', account: accountForTest }, ['main'], world),
		'main',
	);
	try {
		const { commit } = await source.fetch(TAG, () => undefined);
		await writeTree(source, commit, join(dir, 'root/staged'), () => undefined);
		return 'written';
	} catch (thrown) {
		expect(readdirSync(dir).sort(), 'nothing beside the staging').toEqual(['root', 'source', 'state']);
		expect(readdirSync(join(dir, 'root'))).toEqual(['staged']);
		return thrown;
	}
}

test.each<[string, string, OddEntry['type'], string, string]>([
	['a submodule', '160000', 'commit', 'module', ''],
	['a link to an absolute path', '120000', 'blob', 'link', '/etc/passwd'],
	['a link out of the release', '120000', 'blob', 'link', '../../etc/passwd'],
	['a link out by way of another', '120000', 'blob', 'deep/link', '../bin/../../../x'],
	['a link as long as a file', '120000', 'blob', 'link', 'x/'.repeat(3000)],
	['a link to nothing', '120000', 'blob', 'link', ''],
	['.git/config', '100644', 'blob', '.git/config', '[core]\n\tfsmonitor = "touch /tmp/x"\n'],
	['.GIT in capitals', '100644', 'blob', '.GIT/config', 'x'],
	['.git below', '100644', 'blob', 'deep/.git/hooks/post-checkout', 'x'],
	['a file called ..', '100644', 'blob', '..', 'x'],
	['a directory called ..', '100644', 'blob', '../../tmp/x', 'x'],
	['a line end in a name', '100644', 'blob', '"a\\nb"', 'x'],
	['a backslash in a name', '100644', 'blob', 'a\\b', 'x'],
	['an escape in a name', '100644', 'blob', 'a\u001b[2Jb', 'x'],
	[
		'a name of 5000 characters',
		'100644',
		'blob',
		Array.from({ length: 25 }, () => 'x'.repeat(200)).join('/'),
		'x',
	],
])('%s is refused', async (_, mode, type, path, contents) => {
	expect(await take({ mode, type, path, contents })).toMatchObject({ record: { code: 'content-refused' } });
});

test('accepts an additional regular file', async () => {
	expect(await take({ mode: '100644', type: 'blob', path: 'deep/file', contents: 'x' })).toBe('written');
});
