/** What runGit adds to simple-git: every run ends, fails when git fails, and leaves no process behind. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { type GitRun, runGit } from '../../../src/system/git/simple-git.ts';
import { scratch } from '../../scratch.ts';
import { until } from '../../until.ts';

let dir: string;
beforeEach(() => {
	dir = scratch();
});

/** A program in place of git. */
function fake(name: string, script: string): readonly string[] {
	const path = join(dir, name);
	writeFileSync(path, `#!/bin/bash\n${script}\n`, { mode: 0o755 });
	return [path];
}

function runOf(words: readonly string[], more: Partial<GitRun> = {}): GitRun {
	const env = { PATH: '/usr/bin:/bin', OF_TEST: dir };
	return { words, env, settings: [], cwd: '/', timeout: 60_000, ...more };
}

const status = (run: GitRun) => runGit(run, (git) => git.raw(['status']));

/** The running processes of this test. */
function living(): readonly string[] {
	return readdirSync('/proc').filter((pid) => {
		try {
			return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`OF_TEST=${dir}\0`);
		} catch {
			return false;
		}
	});
}

test('returns what git printed', async () => {
	expect(await status(runOf(fake('says', 'echo "$@"')))).toEqual({ kind: 'done', stdout: 'status\n' });
});

test('passes settings before the command and input on stdin', async () => {
	const words = fake('reads', 'echo "$1 $2 $3"; cat');
	const end = await status(runOf(words, { settings: ['core.hooksPath=/dev/null'], input: 'lines\n' }));
	expect(end).toEqual({ kind: 'done', stdout: '-c core.hooksPath=/dev/null status\nlines\n' });
});

test('gives git a clean environment and no terminal', async () => {
	const words = fake('env', 'env | cut -d= -f1 | sort | tr "\\n" " "; tty < /dev/tty');
	const end = await status(runOf(words));
	expect(end).toMatchObject({ kind: 'failed', stderr: expect.stringContaining('/dev/tty') });
	const names = fake('names', 'env | cut -d= -f1');
	const { stdout } = (await status(runOf(names))) as { readonly stdout: string };
	expect(
		stdout
			.trim()
			.split('\n')
			.filter((name) => !/^(PWD|SHLVL|_)$/.test(name))
			.sort(),
	).toEqual(['GIT_TEST_DISALLOW_ABBREVIATED_OPTIONS', 'OF_TEST', 'PATH', 'SIGNALBOX_GIT_RUN']);
});

test.each([
	['ends with an error and prints nothing', 'exit 3', 3],
	['is killed', 'echo half; kill -9 $$', -1],
	['ends with an error and says why', 'echo why >&2; exit 128', 128],
])('fails when git %s', async (_, script, exitCode) => {
	expect(await status(runOf(fake('fails', script)))).toMatchObject({ kind: 'failed', exitCode });
});

test('kills git and its helpers at the time limit', async () => {
	const words = fake('stalls', 'trap "" INT TERM; sleep 60 & sleep 60');
	expect(await status(runOf(words, { timeout: 300 }))).toMatchObject({ kind: 'timed-out' });
	expect(living()).toEqual([]);
});

test('kills git and its helpers when aborted', async () => {
	const stop = new AbortController();
	const words = fake('transfers', `touch ${join(dir, 'began')}; (setsid sleep 60) & sleep 60`);
	const end = status(runOf(words, { signal: stop.signal }));
	await until('git runs', () => existsSync(join(dir, 'began')));
	stop.abort();
	expect(await end).toMatchObject({ kind: 'failed' });
	expect(living()).toEqual([]);
});

test('does not start git if already aborted', async () => {
	const words = fake('late', `touch ${join(dir, 'late-began')}`);
	expect(await status(runOf(words, { signal: AbortSignal.abort() }))).toMatchObject({ kind: 'failed' });
	expect(existsSync(join(dir, 'late-began'))).toBe(false);
});

test('kills helpers that git leaves behind and does not wait for their output', async () => {
	const words = fake('leaves', 'sleep 60 & echo done');
	expect(await status(runOf(words))).toEqual({ kind: 'done', stdout: 'done\n' });
	expect(living()).toEqual([]);
});

test.each(['stdout', 'stderr'])('ends a git that floods %s', async (stream) => {
	const words = fake('floods', `yes ${'x'.repeat(1000)} ${stream === 'stderr' ? '>&2' : ''}`);
	expect(await status(runOf(words))).toMatchObject({ kind: 'failed' });
	expect(living()).toEqual([]);
});

test.each([
	['git', ['no-git'], '/usr/bin:/bin', 'no-git'],
	['the program of the sandbox', ['no-setpriv', 'git'], '/usr/bin:/bin', 'no-setpriv'],
	['everything', ['git'], '/nonexistent', 'env'],
])('names a program that is missing: %s', async (_, words, path, program) => {
	await expect(status(runOf(words, { env: { PATH: path } }))).rejects.toMatchObject({
		record: { code: 'tool-missing', facts: { program } },
	});
});

test('refuses a sandbox command whose arguments would be split again', async () => {
	await expect(status(runOf(['git', 'a b']))).rejects.toThrow('needs quotes');
});
