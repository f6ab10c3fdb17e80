/** `verify` finds what a box would find. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Author, author, copyOf, git, lastingAuthor, publishFirst, SECRET } from './author.ts';
import { serve } from './client.ts';

const first = lastingAuthor();
beforeAll(() => publishFirst(first));
afterAll(() => first.remove());

let who: Author;
beforeEach(() => {
	who = copyOf(first);
});

const published = (path: string) => join(who.directory, 'published', path);
const rewrite = (path: string, change: (text: string) => string) =>
	writeFileSync(published(path), change(readFileSync(published(path), 'utf8')));

/** Returns a file of the release that is not empty and equals no other file. */
function content(): string {
	const { files } = JSON.parse(
		readFileSync(published('releases/v1.0.0/signalbox-manifest.json'), 'utf8'),
	) as {
		files: { path: string; sha256: string }[];
	};
	const sha256 = files.find(({ path }) => path === 'bin/lamp')?.sha256 ?? '';
	return `files/${sha256.slice(0, 2)}/${sha256}`;
}

test('accepts a correct repository, in a directory and on a server', async () => {
	for (const from of [published(''), await serve(published('')), `${await serve(published(''))}/`]) {
		const ran = await who.done(['verify', from, '--root', 'published/metadata/1.root.json', '--json']);
		expect(ran.err).toBe('');
		expect(ran.json()).toMatchObject({
			roles: [{ role: 'root' }, { role: 'targets' }, { role: 'snapshot' }, { role: 'timestamp' }],
			channels: { main: { tag: 'v1.0.0' } },
			releases: [{ tag: 'v1.0.0', files: 11, faults: [] }],
		});
	}
	expect((await who.done(['verify'])).err).toContain('WARNING: the root is taken from the repository itself');
});

test.each<[string, () => void, RegExp]>([
	['reports a missing file', () => rmSync(published(content())), /bin\/lamp: files\/.* is missing/],
	[
		'reports a file with other bytes',
		() => rewrite(content(), (text) => text.replace('l', 'L')),
		/bin\/lamp: .* holds other bytes/,
	],
	[
		'reports a longer file',
		() => rewrite(content(), (text) => `${text} `),
		/bin\/lamp: .* holds other bytes/,
	],
	[
		'reports a copy of the manifest that differs',
		() => rewrite('releases/v1.0.0/signalbox-manifest.json', (text) => text.replace('lamp', 'lump')),
		/is another one than the listed one/,
	],
	[
		'reports a missing copy of the manifest',
		() => rmSync(published('releases'), { recursive: true }),
		/releases\/v1\.0\.0\/signalbox-manifest\.json: is missing/,
	],
	[
		'reports a missing manifest',
		() => rmSync(published('targets/releases'), { recursive: true }),
		/^v1\.0\.0: manifest: /,
	],
	[
		'reports a missing channel',
		() => rmSync(published('targets/channels'), { recursive: true }),
		/^channels\/main\.json: /,
	],
])('%s', async (_what, spoil, expected) => {
	spoil();
	const ran = await who.release(['verify', '--root', 'published/metadata/1.root.json', '--json']);
	expect(ran.exit).toBe(3);
	expect(ran.json()).toMatchObject({
		error: { code: 'not-verified', facts: { faults: [expect.stringMatching(expected)] } },
	});
});

test.each<[string, () => void, string]>([
	[
		'rejects a changed timestamp',
		() => rewrite('metadata/timestamp.json', (text) => text.replace('"version": 1', '"version": 2')),
		'metadata-unsigned',
	],
	[
		'rejects changed targets metadata',
		() => rewrite('metadata/1.targets.json', (text) => text.replace('v1.0.0', 'v1.0.9')),
		'metadata-mismatch',
	],
	['rejects a missing snapshot', () => rmSync(published('metadata/1.snapshot.json')), 'metadata-missing'],
])('%s', async (_what, spoil, code) => {
	spoil();
	const ran = await who.release(['verify', '--root', 'published/metadata/1.root.json', '--json']);
	expect(ran.json()).toMatchObject({ error: { code } });
	expect(ran.exit).not.toBe(0);
});

test('rejects another root, a missing root and a missing repository', async () => {
	const other = author();
	await other.done(['keygen', '--small', ...SECRET]);
	const root = join(other.directory, 'published.draft/metadata/1.root.json');
	expect((await who.release(['verify', '--root', root, '--json'])).json()).toMatchObject({
		error: { code: 'metadata-unsigned' },
	});
	expect(await who.release(['verify', '--root', 'none'])).toMatchObject({ exit: 2 });
	expect(await who.release(['verify', 'lamp'])).toMatchObject({
		exit: 2,
		err: expect.stringContaining('no metadata/1.root.json'),
	});
	expect((await who.release(['verify', 'http://127.0.0.1:9', '--json'])).json()).toMatchObject({
		error: { code: 'source-unreachable' },
	});
});

test('rejects expired metadata', async () => {
	const ran = await who.release(['verify', '--json'], Date.now() + 31 * 86_400_000);
	expect(ran.json()).toMatchObject({ error: { code: 'metadata-expired' } });
});

test('publishes everything but the files on a git branch', async () => {
	const tree = join(who.directory, 'lamp');
	const head = git(tree, 'rev-parse', 'main');
	await who.done([
		'refresh',
		...SECRET,
		'--key',
		'keys/online.pem',
		'--git',
		'signalbox',
		'--git-repository',
		'lamp',
	]);
	const carried = git(tree, 'ls-tree', '-r', '--name-only', 'signalbox').trim().split('\n');
	expect(carried).toContain('metadata/timestamp.json');
	expect(carried).toContain('index.json');
	expect(carried.filter((path) => path.startsWith('files/'))).toEqual([]);
	expect(git(tree, 'show', 'signalbox:metadata/timestamp.json')).toBe(
		readFileSync(published('metadata/timestamp.json'), 'utf8'),
	);
	expect(git(tree, 'rev-parse', 'main')).toBe(head);
	expect(git(tree, 'status', '--porcelain')).toBe('');

	await who.done(['build', who.tag('1.1.0'), '--git', 'lamp']);
	await who.done(['sign', ...SECRET, '--key', 'keys/targets.pem']);
	const ran = await who.done([
		'publish',
		...SECRET,
		'--key',
		'keys/online.pem',
		'--git',
		'signalbox',
		'--git-repository',
		'lamp',
		'--json',
	]);
	expect(ran.json()).toMatchObject({ committed: { branch: 'signalbox', kind: 'committed' } });
	expect(git(tree, 'rev-list', '--count', 'signalbox').trim()).toBe('2');

	const clone = join(who.directory, 'clone');
	git(tree, 'worktree', 'add', '--quiet', clone, 'signalbox');
	expect((await who.done(['verify', 'clone', '--no-files', '--json'])).json()).toMatchObject({
		channels: { main: { tag: 'v1.1.0' } },
	});
	expect(readdirSync(clone)).not.toContain('files');
});

test.each<[string, readonly string[], RegExp]>([
	['a checked-out branch', ['--git', 'main', '--git-repository', 'lamp'], /it is checked out/],
	['an option as a branch name', ['--git', '--upload-pack=x'], /argument missing|as a branch/],
	['a branch with two dots', ['--git', 'a..b'], /as a branch/],
	['a directory without git', ['--git', 'signalbox', '--git-repository', 'keys'], /as a git repository/],
])('refuses %s', async (_what, words, message) => {
	const ran = await who.release(['refresh', ...SECRET, '--key', 'keys/online.pem', ...words]);
	expect(ran.exit).not.toBe(0);
	expect(ran.err).toMatch(message);
});
