/** The input, the limits and the end of triggers. */
import {
	chmodSync,
	existsSync,
	mkdirSync,
	readdirSync,
	rmSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ErrorCode } from '../../../src/model/base/error-codes.ts';
import { isAlive } from '../../box/processes.ts';
import { KarenBox, readText, until } from './karen-box.ts';

let box: KarenBox;

beforeEach(() => {
	box = new KarenBox();
});
afterEach(() => box.close());

const done = (name: string) => box.reported(name, ({ state }) => state === 'done');
const refused = async (name: string): Promise<ErrorCode | undefined> =>
	(await box.reported(name, ({ state }) => state === 'refused')).error?.code;

describe('the environment', () => {
	test('is built from scratch', async () => {
		box.trigger(
			'hi',
			`tr '\\0' '\\n' < /proc/$$/environ > ${box.dir}/environment; declare -F > ${box.dir}/functions; umask > ${box.dir}/umask; pwd > ${box.dir}/cwd`,
		);
		const evil = {
			BASH_ENV: '/tmp/evil',
			ENV: '/tmp/evil',
			LD_PRELOAD: '',
			LD_LIBRARY_PATH: '/tmp/evil',
			NODE_OPTIONS: '--no-warnings',
			NODE_PATH: '/tmp/evil',
			IFS: 'x',
			GIT_SSH_COMMAND: 'evil',
			CHOKIDAR_USEPOLLING: '1',
			SECRET: 'evil',
			'BASH_FUNC_ls%%': '() { echo evil; }',
		};
		await box.start({ env: evil });
		box.ring('hi', '{"updateTo": "v1.2.3"}');
		const { run } = await done('hi');
		const environment = readText(join(box.dir, 'environment')).trim().split('\n').sort();
		const names = environment.map((line) => line.replace(/=.*/, ''));
		expect(names).toEqual([
			'HOME',
			'LANG',
			'LOGNAME',
			'PATH',
			'SHELL',
			'SIGNALBOX_PAYLOAD_FILE',
			'SIGNALBOX_ROOT',
			'SIGNALBOX_SIGNAL',
			'USER',
		]);
		expect(environment).toContain('PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin');
		expect(environment).toContain(`SIGNALBOX_ROOT=${box.root}`);
		expect(environment).toContain('SIGNALBOX_SIGNAL=hi');
		expect(environment).toContain(`SIGNALBOX_PAYLOAD_FILE=${box.state}/triggers/${run}.payload`);
		expect(readText(join(box.dir, 'functions'))).toBe('');
		expect(readText(join(box.dir, 'umask')).trim()).toBe('0022');
		expect(readText(join(box.dir, 'cwd')).trim()).toBe(box.root);
	});

	test('PATH is the configured one', async () => {
		box.configure('[hooks]\npath = ["/opt/tools", "/usr/bin", "/bin"]');
		box.trigger('hi', 'echo "$PATH"');
		await box.start();
		box.ring('hi');
		expect((await done('hi')).output).toBe('/opt/tools:/usr/bin:/bin');
	});

	test('runs in its own session with only three descriptors', async () => {
		// Into a file, because bash holds the ends of a pipe while it builds a pipeline.
		box.trigger('hi', `echo $(( $(ps -o sid= -p $$) == $$ )); ls /proc/$$/fd > ${box.dir}/fds`);
		await box.start();
		box.ring('hi');
		expect((await done('hi')).output).toBe('1');
		// 255 is the script, opened by bash.
		expect(readText(join(box.dir, 'fds')).trim().split('\n')).toEqual(['0', '1', '2', '255']);
	});
});

describe('the payload', () => {
	test.each([
		['JSON', '{"updateTo": "v1.2.3"}'],
		['lines of text', 'one\ntwo ü 本\n'],
		['64 KB', 'x'.repeat(64 * 1024)],
		['an empty payload', ''],
	])('%s is on standard input and in a file that is removed with the run', async (_what, payload) => {
		box.trigger(
			'hi',
			`cat > ${box.dir}/stdin; cat "$SIGNALBOX_PAYLOAD_FILE" > ${box.dir}/file; stat -c %a "$SIGNALBOX_PAYLOAD_FILE"`,
		);
		await box.start();
		box.ring('hi', payload);
		const { output } = await done('hi');
		expect(readText(join(box.dir, 'stdin'))).toBe(payload);
		expect(readText(join(box.dir, 'file'))).toBe(payload);
		if (payload !== '') expect(output).toBe('600');
		expect(readdirSync(join(box.state, 'triggers')).filter((name) => name.endsWith('.payload'))).toEqual([]);
	});

	test('need not be read', async () => {
		box.trigger('hi', 'exec <&-; echo fine');
		await box.start();
		box.ring('hi', 'x'.repeat(64 * 1024));
		expect((await done('hi')).output).toBe('fine');
	});
});

test('passes the rest of the name as one argument', async () => {
	box.configure('[triggers.job]\nprefix = true');
	for (const name of ['app', 'repo', 'job', 'app-update']) box.trigger(name, `echo ${name} $# "$@"`);
	await box.start();
	for (const name of ['app-install-bitcoin', 'repo-add', 'job-a.b', 'app-update', 'app']) box.ring(name);
	expect((await done('app-install-bitcoin')).output).toBe('app 1 install-bitcoin');
	expect((await done('repo-add')).output).toBe('repo 1 add');
	expect((await done('job-a.b')).output).toBe('job 1 a.b');
	expect((await done('app-update')).output).toBe('app-update 0');
	expect((await done('app')).output).toBe('app 0');
});

describe('the end', () => {
	test.each<[string, string, object, ErrorCode]>([
		['a code', 'exit 7', { state: 'failed', exitCode: 7, killedBy: null }, 'trigger-failed'],
		['a signal', 'kill -KILL $$', { state: 'failed', exitCode: null, killedBy: 'SIGKILL' }, 'trigger-killed'],
	])('%s', async (_what, body, expected, code) => {
		box.trigger('hi', `echo before; ${body}`);
		await box.start();
		box.ring('hi');
		const report = await box.reported('hi', ({ endedAt }) => endedAt !== null);
		expect(report).toMatchObject({ ...expected, output: 'before' });
		expect(report.error?.code).toBe(code);
	});

	test('reports a missing interpreter', async () => {
		writeFileSync(join(box.triggers, 'hi'), '#!/no/such/shell\n', { mode: 0o755 });
		await box.start();
		box.ring('hi');
		const report = await box.reported('hi', ({ endedAt }) => endedAt !== null);
		expect(report).toMatchObject({
			state: 'failed',
			exitCode: null,
			error: { code: 'trigger-failed', facts: { errno: 'ENOENT' } },
		});
	});

	test('ends the whole group at the time limit, even if it catches TERM', async () => {
		// Long enough for the trigger to get this far on any machine.
		box.configure('[triggers.hi]\ntimeout = "3s"');
		box.trigger('hi', `(trap '' TERM; while :; do sleep 0.1; done) & echo $! > ${box.dir}/child; sleep 1000`);
		await box.start();
		box.ring('hi');
		const report = await box.reported('hi', ({ state }) => state === 'timed-out');
		expect(report.error?.code).toBe('trigger-timeout');
		const child = Number(readText(join(box.dir, 'child')));
		expect(child).toBeGreaterThan(1);
		await until('the grandchild to be gone', () => !isAlive(child) || undefined);
	});

	test('background processes of a trigger continue', async () => {
		box.trigger('hi', `sleep 1000 & echo $!`);
		await box.start();
		box.ring('hi');
		const { output } = await done('hi');
		expect(existsSync(`/proc/${Number(output)}`)).toBe(true);
	});
});

describe('the output', () => {
	test('keeps the tail of 100 MB and does not fill the disk', async () => {
		box.trigger('hi', 'head -c 100000000 /dev/zero | tr "\\0" "x"; echo; echo the end');
		await box.start();
		box.ring('hi');
		const { output, run } = await done('hi');
		expect(output.endsWith('\nthe end')).toBe(true);
		expect(output.length).toBeLessThanOrEqual(4096);
		const log = join(box.state, 'triggers', `${run}.log`);
		expect(statSync(log).size).toBeLessThanOrEqual(64 * 1024);
		expect(statSync(log).mode & 0o777).toBe(0o600);
		expect(readText(log)).toMatch(/^\[\d+ bytes left out\]$/m);
	});

	test('is bounded while the trigger runs', async () => {
		box.configure('[triggers.hi]\noutput = "10KB"');
		box.trigger(
			'hi',
			`while [[ ! -e ${box.dir}/go ]]; do head -c 100000 /dev/zero | tr "\\0" "x"; sleep 0.05; done`,
		);
		await box.start();
		box.ring('hi');
		const { run } = await box.reported('hi', ({ state }) => state === 'running');
		const log = join(box.state, 'triggers', `${run}.log`);
		await until('output left out', () => readText(log).includes('left out') || undefined);
		writeFileSync(join(box.dir, 'go'), '');
		await done('hi');
		expect(statSync(log).size).toBeLessThanOrEqual(10 * 1024);
	});

	test('contains no terminal controls', async () => {
		box.trigger('hi', "printf '\\033[31mred\\033[0m\\a\\033]0;title\\a end\\n'");
		await box.start();
		box.ring('hi');
		expect((await done('hi')).output).toBe('red end');
	});

	test('is kept for the last 20 runs', async () => {
		box.configure('parallel = 4');
		box.trigger('app', 'echo "$1"');
		await box.start();
		for (let index = 0; index < 30; index++) box.ring(`app-${index}`);
		for (let index = 0; index < 30; index++) await done(`app-${index}`);
		expect(readdirSync(join(box.state, 'triggers')).length).toBeLessThanOrEqual(20);
	});
});

describe('groups and limits', () => {
	test('runs one trigger of a group at a time, in the order of the touches', async () => {
		box.configure('[triggers.app]\nprefix = true\ngroup = "g"\n[triggers.other]\ngroup = "g"');
		box.recording('app', 'sleep 0.1');
		box.recording('other', 'sleep 0.1');
		await box.start();
		for (const name of ['app-a', 'other', 'app-b', 'app-c']) {
			// Touches within one kernel tick have no order.
			box.ring(name);
			await box.reported(name, () => true);
		}
		await until(
			'four ends',
			() => box.runs().filter(({ ended }) => ended !== undefined).length === 4 || undefined,
			() => box.log(),
		);
		const runs = box.runs();
		expect(runs.map(({ name }) => name)).toEqual(['app-a', 'other', 'app-b', 'app-c']);
		for (const [index, { began }] of runs.entries())
			expect(began).toBeGreaterThanOrEqual(runs[index - 1]?.ended ?? 0);
	});

	test('runs at most `parallel` triggers at once', async () => {
		box.configure('parallel = 3');
		box.recording('app', `while [[ ! -e ${box.dir}/go ]]; do sleep 0.02; done`);
		await box.start();
		for (let index = 0; index < 12; index++) box.ring(`app-${index}`);
		const states = () => Array.from({ length: 12 }, (_, index) => box.report(`app-${index}`)?.state);
		await until(
			'three to start and the others to wait',
			() => (box.runs().length >= 3 && !states().includes(undefined)) || undefined,
			() => box.log(),
		);
		expect(states().filter((state) => state === 'running')).toHaveLength(3);
		writeFileSync(join(box.dir, 'go'), '');
		await until(
			'all ends',
			() => box.runs().filter(({ ended }) => ended !== undefined).length === 12 || undefined,
			() => box.log(),
		);
		const runs = box.runs();
		const most = Math.max(
			...runs.map(
				({ began }) => runs.filter((other) => other.began <= began && (other.ended ?? 0) > began).length,
			),
		);
		expect(most).toBe(3);
	});
});

describe('refused', () => {
	test.each<[string, (path: string) => void, ErrorCode]>([
		['no trigger', (path) => rmSync(path), 'trigger-missing'],
		['not executable', (path) => chmodSync(path, 0o644), 'trigger-missing'],
		[
			'a directory',
			(path) => {
				rmSync(path);
				mkdirSync(path);
			},
			'trigger-missing',
		],
		[
			'a dangling link',
			(path) => {
				rmSync(path);
				symlinkSync('nowhere', path);
			},
			'trigger-missing',
		],
		['writable by other users', (path) => chmodSync(path, 0o757), 'trigger-unsafe'],
		['writable by its group', (path) => chmodSync(path, 0o775), 'trigger-unsafe'],
		[
			'in a directory that other users can write to',
			(path) => chmodSync(join(path, '..'), 0o777),
			'trigger-unsafe',
		],
		['below such a directory', (path) => chmodSync(join(path, '../..'), 0o777), 'trigger-unsafe'],
		[
			'a link out of the directory',
			(path) => {
				rmSync(path);
				symlinkSync('/bin/true', path);
			},
			'trigger-unsafe',
		],
		[
			'a link into a directory that other users can write to',
			(path) => {
				rmSync(path);
				mkdirSync(join(path, '../open'));
				writeFileSync(join(path, '../open/hi'), '#!/bin/bash\n', { mode: 0o755 });
				chmodSync(join(path, '../open'), 0o777);
				symlinkSync('open/hi', path);
			},
			'trigger-unsafe',
		],
	])('%s', async (_what, spoil, code) => {
		const path = box.trigger('hi', `touch ${box.dir}/ran`);
		await box.start();
		spoil(path);
		box.ring('hi');
		expect(await refused('hi')).toBe(code);
		expect(existsSync(join(box.dir, 'ran'))).toBe(false);
		expect(box.log()).toContain(`"code":"${code}"`);
	});

	test('runs a corrected trigger at the next signal', async () => {
		const path = box.trigger('hi', 'echo fine');
		chmodSync(path, 0o666);
		await box.start();
		box.ring('hi');
		await refused('hi');
		chmodSync(path, 0o755);
		box.ring('hi');
		expect((await done('hi')).output).toBe('fine');
	});

	test('follows a link inside the directory', async () => {
		box.trigger('real', 'echo real');
		symlinkSync('real', join(box.triggers, 'hi'));
		await box.start();
		box.ring('hi');
		expect((await done('hi')).output).toBe('real');
	});
});
