/** Releases whose contents or hooks no box can take, and roots that say nothing readable: refused before anything is touched. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ErrorCode } from '../../src/model/error.ts';
import { type Box, boxForTest } from '../box/box.ts';
import { type CitadelRelease, citadelRelease, infoJson, NO_HOOKS } from '../box/citadel.ts';
import { expectGoodUpdateWorks, expectNothingChanged } from '../box/expect.ts';

const OLD = { version: '1.0.0', requires: '*' };
const NEW = { version: '1.1.0', requires: '>=1.0.0' };

async function expectRefused(box: Box, code: ErrorCode): Promise<void> {
	const before = box.fingerprint();
	expectNothingChanged(box, before, await box.updater('update'), { code, exit: 3 });
}

test.each<[string, NonNullable<CitadelRelease['files']>, ErrorCode]>([
	['contents', { link: { link: '/etc/passwd' } }, 'content-refused'],
	['hooks', NO_HOOKS, 'hook-missing'],
])('a release with bad %s is not in the way of a good one', async (_, files, code) => {
	const box = boxForTest(OLD);
	box.publish({ ...NEW, files });
	await expectRefused(box, code);
	await expectGoodUpdateWorks(box);
});

describe('contents', () => {
	/** Writes a tree that holds one more entry, whatever git says to it, and tags it. */
	function publishEntry(box: Box, mode: string, type: string, path: string, contents: string): void {
		box.source.publish({ tags: [], files: citadelRelease(NEW) });
		const { source } = box;
		const id = type === 'commit' ? 'a'.repeat(40) : gitInput(box, contents, 'hash-object', '-w', '-t', type, '--stdin', '--literally');
		const parts = path.split('/');
		let entry = `${mode} ${type} ${id}\t${parts.at(-1)}`;
		for (const part of parts.slice(0, -1).reverse()) entry = `040000 tree ${gitInput(box, entry, 'mktree')}\t${part}`;
		const top = source.git('ls-tree', 'HEAD');
		const tree = gitInput(box, `${top}${entry}\n`, 'mktree', '--missing');
		const commit = source.git('commit-tree', '-m', 'odd', '-p', 'HEAD', tree).trim();
		source.git('update-ref', 'refs/tags/v1.1.0', commit);
		source.git('update-ref', 'refs/heads/main', commit);
	}

	function gitInput(box: Box, input: string, ...args: readonly string[]): string {
		return execFileSync('git', ['-C', box.source.dir, ...args], { input, encoding: 'utf8' }).trim();
	}

	test.each([
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
		['a line end in a name', '100644', 'blob', 'a"b', 'x'],
		['a backslash in a name', '100644', 'blob', 'a\\b', 'x'],
		['an escape in a name', '100644', 'blob', 'a\u001b[2Jb', 'x'],
		['a name of 5000 characters', '100644', 'blob', Array.from({ length: 25 }, () => 'x'.repeat(200)).join('/'), 'x'],
	])('%s', async (what, mode, type, path, text) => {
		const box = boxForTest(OLD);
		if (what === 'a line end in a name') publishEntry(box, mode, type, `"a\\nb"`, text);
		else publishEntry(box, mode, type, path, text);
		await expectRefused(box, 'content-refused');
	});

	test('names that look like options, quotes, white space and other alphabets are fine', async () => {
		const box = boxForTest(OLD);
		const names = [
			'-rf',
			'--delete',
			' leading',
			'trailing ',
			'"quoted"',
			"it's",
			'$HOME',
			'*',
			'ünïcode',
			'日本語',
			'\u2028',
			'#hash',
			';',
			'[a]',
		];
		box.publish({ ...NEW, files: Object.fromEntries(names.map((name) => [`odd/${name}`, name])) });
		expect((await box.updater('update')).code).toBe(0);
		expect(names.map((name) => readFileSync(join(box.root, 'odd', name), 'utf8'))).toEqual(names);
		expect(box.leftovers()).toEqual([]);
	});
});

describe('hooks', () => {
	const hook = (text: string, mode = 0o755) => ({ files: { 'scripts/update/01-run.sh': { text, mode } } });

	test.each<[string, Partial<CitadelRelease>, ErrorCode]>([
		['none at all', { files: NO_HOOKS }, 'hook-missing'],
		[
			'no directory of scripts',
			{
				files: Object.fromEntries(
					Object.keys(citadelRelease(NEW)).flatMap((path) => (path.startsWith('scripts/') ? [[path, undefined]] : [])),
				),
			},
			'hook-missing',
		],
		['not executable', hook('#!/bin/sh\nexit 0\n', 0o644), 'hook-refused'],
		['with CRLF', hook('#!/bin/sh\r\nexit 0\r\n'), 'hook-refused'],
		['without a first line', hook('exit 0\n'), 'hook-refused'],
		['empty', hook(''), 'hook-refused'],
		['with a byte order mark', hook('\ufeff#!/bin/sh\nexit 0\n'), 'hook-refused'],
		['with an interpreter that is not there', hook('#!/opt/none/bash\nexit 0\n'), 'hook-refused'],
		['with an interpreter that env cannot find', hook('#!/usr/bin/env bash-of-tomorrow\n'), 'hook-refused'],
		['with a first line and no interpreter', hook('#!\nexit 0\n'), 'hook-refused'],
		['a link', { files: { 'scripts/update/01-run.sh': { link: '00-run.sh' } } }, 'hook-refused'],
		['that ask for what is not known', { files: { 'scripts/update/.release.json': '{"rebot": "after-01"}' } }, 'terms-unreadable'],
		[
			'that call none safe but newer ones',
			{ files: { 'scripts/update/.release.json': '{"minimumSafeVersion": "9.0.0"}' } },
			'terms-unreadable',
		],
		['a directory', { files: { 'scripts/update/01-run.sh': undefined, 'scripts/update/01-run.sh/x': 'x' } }, 'hook-refused'],
		['with a name that is none', { files: { 'scripts/update/-n-run.sh': { text: '#!/bin/sh\n', mode: 0o755 } } }, 'hook-refused'],
		['of 5 MB', hook(`#!/bin/sh\n${'#'.repeat(5 * 1024 * 1024)}\n`), 'hook-refused'],
		[
			'that name a tool which is not there',
			{ files: { 'scripts/update/.requires': '# what we need\nbash\nyq-of-tomorrow # a tool\n\n' } },
			'tool-missing',
		],
	])('%s', async (_, release, code) => {
		const box = boxForTest(OLD);
		box.publish({ ...NEW, ...release });
		await expectRefused(box, code);
	});

	test('the missing tool is named', async () => {
		const box = boxForTest(OLD);
		box.publish({ ...NEW, files: { 'scripts/update/.requires': 'yq-of-tomorrow\nbash\n' } });
		await box.updater('update');
		expect(box.change().error).toMatchObject({
			message: expect.stringContaining('yq-of-tomorrow'),
			retry: 'later',
			facts: { missing: ['yq-of-tomorrow'] },
		});
	});
});

describe('info.json of the root', () => {
	test.each<[string, (path: string) => unknown, ErrorCode]>([
		['missing', () => undefined, 'info-missing'],
		['empty', (path) => writeFileSync(path, ''), 'info-unreadable'],
		['half', (path) => writeFileSync(path, '{"version": "1.0'), 'info-unreadable'],
		['no object', (path) => writeFileSync(path, '"1.0.0"'), 'info-unreadable'],
		['with a number as its version', (path) => writeFileSync(path, '{"version": 1, "requires": "*"}'), 'info-unreadable'],
		['with null as requires', (path) => writeFileSync(path, '{"version": "1.0.0", "requires": null}'), 'info-unreadable'],
		['not UTF-8', (path) => writeFileSync(path, Buffer.from([0x7b, 0xff, 0x7d])), 'info-unreadable'],
		['huge', (path) => writeFileSync(path, infoJson('1.0.0', '*').padEnd(300 * 1024)), 'info-unreadable'],
		['a link', (path) => symlinkSync('README.md', path), 'info-unreadable'],
		['a FIFO', (path) => execFileSync('mkfifo', [path]), 'info-unreadable'],
		['a directory', (path) => mkdirSync(path), 'info-unreadable'],
	])('%s', async (_, spoil, code) => {
		const box = boxForTest(OLD);
		box.publish(NEW);
		rmSync(box.layout.info);
		spoil(box.layout.info);
		const stats = execFileSync('stat', ['-c', '%F %s', box.root], { encoding: 'utf8' });
		const end = await box.updater('update');
		expect({ exit: end.code, code: box.change().error?.code }).toEqual({ exit: 3, code });
		expect(box.legacyStatus()).toMatchObject({ state: 'failed', progress: 100, error: { code } });
		expect(box.loggedCodes()).toContain(code);
		expect(execFileSync('stat', ['-c', '%F %s', box.root], { encoding: 'utf8' })).toBe(stats);
		expect(box.leftovers()).toEqual([]);
	});

	test('put right again is no reason not to update', async () => {
		const box = boxForTest(OLD);
		box.publish(NEW);
		const good = readFileSync(box.layout.info);
		writeFileSync(box.layout.info, good.subarray(0, 10));
		await expectRefused(box, 'info-unreadable');
		writeFileSync(box.layout.info, good);
		expect((await box.updater('update')).code).toBe(0);
	});

	test('with a byte order mark and keys that nobody knows is fine', async () => {
		const box = boxForTest(OLD);
		writeFileSync(box.layout.info, '\ufeff{"NOTE": "x", "version": "v1.0.0", "requires": "", "build": "abc", "isQuickUpdate": false}\n\n');
		box.publish(NEW);
		expect((await box.updater('update')).code).toBe(0);
	});
});

describe('a root without its directories', () => {
	test.each(['statuses', 'events/signals', 'scripts/update', 'db', 'logs'])(
		'%s is missing: it is no reason not to update',
		async (name) => {
			const box = boxForTest(OLD);
			box.publish({
				...NEW,
				files: {
					'scripts/update/01-run.sh': {
						text: '#!/bin/sh\nrsync -a --exclude=/.* ../../ "$2"/\nmkdir -p "$2"/logs\ncp ../../service.txt "$2"/logs/service.running\n',
						mode: 0o755,
					},
				},
			});
			rmSync(join(box.root, name), { recursive: true });
			expect((await box.updater('update')).code).toBe(0);
			expect(box.version()).toBe('1.1.0');
			expect(existsSync(box.layout.changeStatus)).toBe(true);
		},
	);
});
