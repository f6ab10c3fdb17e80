/** The same tree gives the same bytes, whether it comes from git or from a directory. */
import { chmodSync, cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseReleaseManifest } from '../../../src/model/release/release-manifest.ts';
import { author, git } from '../author.ts';

const manifest = (directory: string, draft: string, tag = 'v1.0.0') =>
	readFileSync(join(directory, draft, 'releases', tag, 'signalbox-manifest.json'));

test('builds the same manifest from git, from git again and from a directory', async () => {
	const who = author();
	who.tag('1.0.0', (tree) => {
		symlinkSync('../bin/lamp', join(tree, 'scripts/lamp'));
		writeFileSync(join(tree, 'ümläut \u{1F4A1}.txt'), 'x');
		mkdirSync(join(tree, 'deep/er'), { recursive: true });
		writeFileSync(join(tree, 'deep/er/file'), '');
	});
	const build = (draft: string, ...words: readonly string[]) =>
		who.done(['build', ...words, '--product', 'lamp', '--draft', draft]);
	await build('one', 'v1.0.0', '--git', 'lamp');
	await build('two', 'v1.0.0', '--git', 'lamp/.git');
	cpSync(join(who.directory, 'lamp'), join(who.directory, 'copy'), {
		recursive: true,
		verbatimSymlinks: true,
	});
	await build('three', '--from', 'copy');
	for (const draft of ['two', 'three'])
		expect(manifest(who.directory, draft).equals(manifest(who.directory, 'one'))).toBe(true);
	const { files, hooks, version } = parseReleaseManifest(manifest(who.directory, 'one'));
	expect(files).toHaveLength(14);
	expect(hooks).toEqual(['00-run.sh', '01-run.sh', '02-run.sh', '03-run.sh']);
	expect(version).toBe('1.0.0');
});

test('reads the bytes of the tag, ignoring the work tree and .gitattributes', async () => {
	const who = author();
	const tree = join(who.directory, 'lamp');
	who.tag('1.0.0', (at) => {
		writeFileSync(join(at, '.gitattributes'), '*.txt export-subst ident eol=crlf\nsecret export-ignore\n');
		writeFileSync(join(at, 'id.txt'), '$Id$ $Format:%H$\nline\n');
		writeFileSync(join(at, 'secret'), 'still part of the release');
	});
	writeFileSync(join(tree, 'id.txt'), 'changed since');
	await who.done(['build', 'v1.0.0', '--git', 'lamp', '--product', 'lamp']);
	const { files } = parseReleaseManifest(manifest(who.directory, 'published.draft'));
	const named = (path: string) => files.find((entry) => entry.path === path);
	expect(named('secret')).toBeDefined();
	const id = named('id.txt');
	const sha256 = id?.kind === 'file' ? id.sha256 : '';
	expect(readFileSync(join(who.directory, 'published.draft/files', sha256.slice(0, 2), sha256), 'utf8')).toBe(
		'$Id$ $Format:%H$\nline\n',
	);
});

test('knows only two file modes', async () => {
	const who = author();
	who.tag('1.0.0', (tree) => chmodSync(join(tree, 'README.md'), 0o640));
	chmodSync(join(who.directory, 'lamp/bin/lamp'), 0o700);
	await who.done(['build', '--from', 'lamp', '--product', 'lamp']);
	const { files } = parseReleaseManifest(manifest(who.directory, 'published.draft'));
	expect(
		files.flatMap((entry) =>
			entry.kind === 'file' && /^(README|bin)/.test(entry.path) ? [[entry.path, entry.mode]] : [],
		),
	).toEqual([
		['README.md', 0o644],
		['bin/lamp', 0o755],
	]);
});

test.each<[string, readonly string[], string, RegExp]>([
	['a missing tag', ['build', 'v9.9.9', '--git', 'lamp'], 'missing-tag', /cannot find the tag v9\.9\.9/],
	[
		'a directory without a git repository',
		['build', 'v1.0.0', '--git', 'keys'],
		'release-refused',
		/as a git repository/,
	],
	['a missing directory', ['build', '--from', 'nowhere'], 'release-refused', /it is no directory/],
	['no product', ['build', 'v1.0.0', '--git', 'lamp'], 'usage', /without a product/],
	[
		'an invalid product',
		['build', 'v1.0.0', '--git', 'lamp', '--product', '../x'],
		'manifest-unreadable',
		/product/,
	],
])('rejects %s', async (_what, words, code, message) => {
	const who = author();
	who.tag('1.0.0');
	mkdirSync(join(who.directory, 'keys'));
	const { error } = (
		await who.release([
			...words,
			...(code === 'usage' || words.includes('--product') ? [] : ['--product', 'lamp']),
			'--json',
		])
	).json() as { error: { code: string; message: string } };
	expect(error.code).toBe(code);
	expect(error.message).toMatch(message);
});

test('resolves an annotated tag to its commit', async () => {
	const who = author();
	who.tag('1.0.0');
	git(join(who.directory, 'lamp'), 'tag', '--force', '--annotate', 'v1.0.0', '--message', 'one');
	await who.done(['build', 'v1.0.0', '--git', 'lamp', '--product', 'lamp']);
});
