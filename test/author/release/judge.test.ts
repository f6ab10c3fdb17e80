/** Problems for which boxes would reject a release are reported before publishing, all at once. */
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Author, author, git, script } from '../author.ts';

async function refusal(who: Author, words: readonly string[]): Promise<readonly string[]> {
	const ran = await who.release([...words, '--product', 'lamp', '--json']);
	const { error } = ran.json() as { error: { code: string; facts: { faults: readonly string[] } } };
	expect(error.code).toBe('release-refused');
	return error.facts.faults;
}

const HOOK = 'scripts/update/02-run.sh';

test.each<[string, (tree: string) => void, RegExp]>([
	['no info.json', (tree) => rmSync(join(tree, 'info.json')), /^info\.json: is missing$/],
	[
		'an info.json of another version',
		(tree) => writeFileSync(join(tree, 'info.json'), '{"version":"1.0.1","requires":"*"}'),
		/^info\.json: says version 1\.0\.1, the tag is v1\.0\.0$/,
	],
	[
		'a version with a v',
		(tree) => writeFileSync(join(tree, 'info.json'), '{"version":"v1.0.0","requires":"*"}'),
		/spelt 1\.0\.0$/,
	],
	[
		'an info.json without requires',
		(tree) => writeFileSync(join(tree, 'info.json'), '{"version":"1.0.0"}'),
		/^info\.json: .*requires null is not a range$/,
	],
	[
		'an info.json that is not JSON',
		(tree) => writeFileSync(join(tree, 'info.json'), '{'),
		/^info\.json: cannot read/,
	],
	[
		'a hook that is not executable',
		(tree) => chmodSync(join(tree, HOOK), 0o644),
		/^scripts\/update\/02-run\.sh: is not executable/,
	],
	[
		'a hook without an interpreter',
		(tree) => script(tree, HOOK, 'echo\n', 0o755),
		/02-run\.sh: it does not begin with #!/,
	],
	[
		'a hook with CRLF',
		(tree) => script(tree, HOOK, '#!/bin/sh\r\n', 0o755),
		/02-run\.sh: its lines end in CRLF/,
	],
	[
		'a hook with an odd name',
		(tree) => script(tree, 'scripts/update/0 4-run.sh', '#!/bin/sh\n', 0o755),
		/0 4-run\.sh: its name is not NN-run\.sh/,
	],
	[
		'a hook that is a link',
		(tree) => symlinkSync('00-run.sh', join(tree, 'scripts/update/05-run.sh')),
		/05-run\.sh: is not a plain file/,
	],
	[
		'a hook of 5 MB',
		(tree) => script(tree, HOOK, `#!/bin/sh\n${'#'.repeat(5 * 1024 ** 2)}`, 0o755),
		/02-run\.sh: holds more than 4194304 bytes/,
	],
	[
		'no .updateignore',
		(tree) => rmSync(join(tree, 'scripts/update/.updateignore')),
		/^scripts\/update\/\.updateignore: is missing/,
	],
	[
		'terms with a wrong value',
		(tree) => writeFileSync(join(tree, 'scripts/update/.release.json'), '{"reboot":"maybe"}'),
		/^scripts\/update\/\.release\.json: reboot: is not "never"/,
	],
	[
		'terms that are not JSON',
		(tree) => writeFileSync(join(tree, 'scripts/update/.release.json'), 'x'),
		/^scripts\/update\/\.release\.json: /,
	],
	[
		'a link out of the release',
		(tree) => symlinkSync('../../etc/passwd', join(tree, 'bin/out')),
		/^bin\/out: is a link that leads out of the release, to \.\.\/\.\.\/etc\/passwd$/,
	],
	[
		'an absolute link',
		(tree) => symlinkSync('/etc/passwd', join(tree, 'out')),
		/^out: is a link that leads out/,
	],
	[
		'a path with a backslash',
		(tree) => writeFileSync(join(tree, 'a\\b'), ''),
		/^a\\\\b: is not a path that a release may have$/,
	],
	[
		'two names that differ only in case',
		(tree) => writeFileSync(join(tree, 'readme.md'), ''),
		/^readme\.md: is the same as README\.md/,
	],
	[
		'a manifest in the tree',
		(tree) => writeFileSync(join(tree, 'signalbox-manifest.json'), '{}'),
		/^signalbox-manifest\.json: is the name of the manifest/,
	],
])('rejects %s', async (_what, spoil, expected) => {
	const who = author();
	const tag = who.tag('1.0.0', spoil);
	const fromGit = await refusal(who, ['build', tag, '--git', 'lamp']);
	expect(fromGit).toEqual([expect.stringMatching(expected)]);
	expect(await refusal(who, ['build', tag, '--from', 'lamp'])).toEqual(fromGit);
});

test('rejects a release without hooks', async () => {
	const who = author();
	const none = who.tag('1.0.0', (tree) => {
		for (const number of ['00', '01', '02', '03']) rmSync(join(tree, `scripts/update/${number}-run.sh`));
	});
	expect(await refusal(who, ['build', none, '--git', 'lamp'])).toEqual([
		expect.stringMatching(/has no hook NN-run\.sh/),
	]);
});

test('reports all problems at once', async () => {
	const who = author();
	const tag = who.tag('1.0.0', (tree) => {
		chmodSync(join(tree, HOOK), 0o644);
		symlinkSync('/etc', join(tree, 'etc'));
		rmSync(join(tree, 'scripts/update/.updateignore'));
		writeFileSync(join(tree, 'info.json'), '{"version":"2.0.0","requires":"*"}');
	});
	const faults = await refusal(who, ['build', tag, '--git', 'lamp']);
	expect(faults).toHaveLength(4);
	const asText = await who.release(['build', tag, '--git', 'lamp', '--product', 'lamp']);
	for (const fault of faults) expect(asText.err).toContain(fault);
	expect(asText.err).toContain('for 4 things');
});

test('rejects submodules and FIFOs', async () => {
	const who = author();
	who.tag('1.0.0');
	const tree = join(who.directory, 'lamp');
	git(tree, 'update-index', '--add', '--cacheinfo', `160000,${git(tree, 'rev-parse', 'HEAD').trim()},module`);
	git(tree, 'commit', '--quiet', '--message', 'module');
	git(tree, 'tag', 'v1.0.1');
	expect(await refusal(who, ['build', 'v1.0.1', '--git', 'lamp'])).toEqual([
		expect.stringContaining('module: it is a submodule'),
		expect.stringContaining('the tag is v1.0.1'),
	]);
	git(tree, 'reset', '--quiet', '--hard', 'v1.0.0');
	mkdirSync(join(tree, 'run'), { recursive: true });
	const { execFileSync } = await import('node:child_process');
	execFileSync('mkfifo', [join(tree, 'run/pipe')]);
	expect(await refusal(who, ['build', '--from', 'lamp'])).toEqual([
		'run/pipe: it is neither a file nor a link',
	]);
});

test('warns of things that the author may not intend', async () => {
	const who = author();
	const tag = who.tag('1.0.0', (tree) => {
		rmSync(join(tree, 'scripts/update/rollback.sh'));
		mkdirSync(join(tree, 'statuses'));
		writeFileSync(join(tree, 'statuses/x.json'), '{}');
		mkdirSync(join(tree, 'empty'));
		writeFileSync(join(tree, 'scripts/update/.release.json'), '{"minimumSafeVersion":"2.0.0"}');
	});
	const { warnings } = (
		await who.done(['build', tag, '--from', 'lamp', '--product', 'lamp', '--json'])
	).json();
	expect(warnings).toEqual([
		expect.stringMatching(/^statuses\/x\.json: belongs to the box/),
		expect.stringMatching(/rollback\.sh: is missing/),
		expect.stringMatching(/minimumSafeVersion 2\.0\.0 is newer/),
		expect.stringMatching(/^empty: is an empty directory/),
	]);
});
