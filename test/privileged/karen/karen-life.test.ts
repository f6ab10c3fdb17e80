/**
 * How karen starts, stops, is killed, is started twice and reloads, and what happens to triggers meanwhile.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { layoutOf } from '../../../src/model/base/layout.ts';
import { takeLock } from '../../../src/system/files/lock.ts';
import { builtProgram } from '../../programs.ts';
import { KarenBox, LAUNCHER, readText, stopped, until } from './karen-box.ts';

const MAIN = builtProgram('karen');
let box: KarenBox;

beforeEach(() => {
	box = new KarenBox();
});
afterEach(() => box.close());

const commandLine = (pid: number) => readText(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim();
const published = () => JSON.parse(readText(join(box.root, 'statuses/karen.json')) || '{}');

/** A trigger that prints until the file `go` exists. */
function slow(name: string): void {
	box.recording(
		name,
		`echo started; while [[ ! -e ${box.dir}/go ]]; do echo working; sleep 0.05; done; echo finished`,
	);
}
const go = () => writeFileSync(join(box.dir, 'go'), '');

describe('the command line contains ./karen when started', () => {
	test.each<[string, () => { command: string[]; cwd?: string }]>([
		['with its absolute path', () => ({ command: [LAUNCHER, '--root', box.root, '--config', box.config] })],
		[
			'from its directory',
			() => ({
				command: ['./karen', '--root', box.root, '--config', box.config],
				cwd: resolve(LAUNCHER, '..'),
			}),
		],
		['through a symbolic link', () => ({ command: [linked(), '--root', box.root, '--config', box.config] })],
		[
			'with the events directory, as for older karens',
			() => ({ command: [LAUNCHER, '--config', box.config, `${box.root}/events`] }),
		],
		[
			'with Node directly',
			() => ({ command: [process.execPath, MAIN, '--root', box.root, '--config', box.config] }),
		],
	])('%s', async (_what, options) => {
		const { pid } = await box.start(options());
		expect(commandLine(pid)).toMatch(/\.\/karen/);
		expect(published()).toMatchObject({
			schema: 1,
			pid,
			root: box.root,
			version: expect.stringMatching(/^\d+\.\d+\.\d+/),
		});
		expect(Date.parse(published().startedAt)).toBeGreaterThan(Date.now() - 60_000);
	});

	function linked(): string {
		mkdirSync(join(box.dir, 'bin'));
		symlinkSync(LAUNCHER, join(box.dir, 'bin/karen'));
		return join(box.dir, 'bin/karen');
	}

	test('runs under the Node of the release', async () => {
		const { pid } = await box.start();
		expect(readlinkSync(`/proc/${pid}/exe`)).toMatch(/node_modules\/node-linux-\w+\/bin\/node$/);
	});
});

describe('refuses to start', () => {
	test.each<[string, () => string[], number, RegExp]>([
		['unknown arguments', () => ['--no-such'], 2, /^cannot read the arguments/],
		['two directories', () => ['one', 'two'], 2, /^cannot read the arguments/],
		['a missing root', () => ['--root', '/nowhere'], 2, /^cannot watch \/nowhere/],
		[
			'a missing configuration',
			() => ['--root', box.root, '--config', '/nowhere'],
			2,
			/^cannot find a configuration/,
		],
		[
			'an invalid configuration',
			() => {
				box.configure('parallel = "many"');
				return ['--root', box.root, '--config', box.config];
			},
			2,
			/^cannot use .*triggers.parallel/,
		],
		[
			'a configuration that other users can write',
			() => {
				spawnSync('chmod', ['o+w', box.config]);
				return ['--root', box.root, '--config', box.config];
			},
			3,
			/^cannot trust .*can be written by other users/,
		],
		[
			'a state directory that other users can write',
			() => {
				spawnSync('chmod', ['o+w', box.state]);
				return ['--root', box.root, '--config', box.config];
			},
			3,
			/^cannot trust .*can be written by other users/,
		],
	])('%s', async (_what, args, code, says) => {
		const karen = await box.start({ command: [LAUNCHER, ...args()], until: 'started' });
		expect(await karen.ended).toBe(code);
		expect(box.log()).toMatch(says);
		expect(box.log().trim().split('\n')).toHaveLength(2);
	});

	test('refuses to start next to another karen', async () => {
		const first = await box.start();
		const second = await box.start({ until: 'started' });
		expect(await second.ended).toBe(6);
		expect(box.log()).toContain('cannot start: another karen watches this root');
		expect(published().pid).toBe(first.pid);
	});
});

describe('when the lock file is removed', () => {
	const lock = () => join(box.state, 'karen.lock');

	/**
	 * Removes the file and starts a second karen while the first is stopped, because any scan would restore the
	 * file.
	 */
	async function startBesides(first: number) {
		return await stopped(first, async () => {
			rmSync(lock());
			return await box.start();
		});
	}

	test('karen restores it and a second karen is refused', async () => {
		const first = await box.start();
		rmSync(lock());
		await box.logged('the lock file was removed and has been restored');
		const second = await box.start({ until: 'started' });
		expect(await second.ended).toBe(6);
		expect(published().pid).toBe(first.pid);
	});

	test('the first karen ends if a second one started before its scan, and no signal runs twice', async () => {
		writeFileSync(box.config, readText(box.config).replace('rescan = "1s"', 'rescan = "1h"'));
		slow('hi');
		box.recording('other');
		const first = await box.start();
		box.ring('hi');
		await until('the first run', () => box.runs('hi').length || undefined);
		box.ring('hi');
		await box.reported('hi', ({ stamp, seen }) => stamp !== seen);
		const second = await startBesides(first.pid);
		box.ring('other');
		expect(await first.ended).toBe(6);
		expect(box.log()).toContain('cannot continue: another karen watches this root');
		await box.reported('other', ({ state }) => state === 'done');
		go();
		await until(
			'the pending run',
			() => box.runs('hi').filter(({ ended }) => ended !== undefined).length === 2 || undefined,
			() => box.log(),
		);
		await box.reported('hi', ({ state, stamp, seen }) => state === 'done' && stamp === seen);
		expect(box.runs().map(({ name }) => name)).toEqual(['hi', 'other', 'hi']);
		expect(published().pid).toBe(second.pid);
	});

	test('a pending run does not run twice when a trigger of the first karen ends', async () => {
		writeFileSync(box.config, readText(box.config).replace('rescan = "1s"', 'rescan = "1h"'));
		slow('hi');
		const first = await box.start();
		box.ring('hi');
		await box.reported('hi', ({ state }) => state === 'running');
		box.ring('hi');
		await box.reported('hi', ({ stamp, seen }) => stamp !== seen);
		await startBesides(first.pid);
		go();
		expect(await first.ended).toBe(6);
		await box.reported('hi', ({ state, stamp, seen }) => state === 'done' && stamp === seen);
		expect(box.runs()).toHaveLength(2);
	});
});

describe('SIGTERM and SIGINT', () => {
	test.each(['SIGTERM', 'SIGINT'] as const)('%s: ends with 0 and takes karen.json back', async (signal) => {
		const karen = await box.start();
		expect(await karen.end(signal)).toBe(0);
		expect(existsSync(join(box.root, 'statuses/karen.json'))).toBe(false);
		expect(box.log()).toContain('"stopped"');
	});

	test('a running trigger continues and is adopted by the next karen', async () => {
		slow('hi');
		const karen = await box.start();
		box.ring('hi');
		const { run, process: mark } = await box.reported('hi', ({ state }) => state === 'running');
		expect(await karen.end('SIGTERM')).toBe(0);
		const log = join(box.state, 'triggers', `${run}.log`);
		const before = readText(log).length;
		await until('more output', () => readText(log).length > before || undefined);
		await box.start();
		await box.logged('"found running"');
		expect((await box.reported('hi', ({ state }) => state === 'running')).process).toEqual(mark);
		box.ring('hi');
		await box.reported('hi', ({ stamp, seen }) => stamp !== seen);
		expect(box.runs('hi')).toHaveLength(1);
		go();
		await until(
			'two ends',
			() => box.runs('hi').filter(({ ended }) => ended !== undefined).length === 2 || undefined,
			() => box.log(),
		);
		const [first, second] = box.runs('hi');
		expect(second?.began).toBeGreaterThanOrEqual(first?.ended ?? 0);
		await box.reported('hi', ({ state }) => state === 'done');
		expect(box.log()).toContain('"code":"trigger-lost"');
	});
});

describe('SIGKILL', () => {
	test('finds a run that continued, holds its group and reports it as lost', async () => {
		box.configure('[triggers.hi]\ngroup = "g"\n[triggers.other]\ngroup = "g"');
		slow('hi');
		box.recording('other');
		const karen = await box.start();
		box.ring('hi');
		const { run } = await box.reported('hi', ({ state }) => state === 'running');
		await karen.end('SIGKILL');
		box.ring('other');
		await box.start();
		await box.reported('other', ({ state }) => state === 'queued');
		go();
		const lost = await box.reported('hi', ({ state }) => state === 'lost');
		expect(lost).toMatchObject({
			run,
			exitCode: null,
			error: { code: 'trigger-lost' },
			output: expect.stringMatching(/finished$/),
		});
		await box.reported('other', ({ state }) => state === 'done');
		expect(box.runs('hi')).toHaveLength(1);
	});

	test('reports a run that ended meanwhile at once', async () => {
		slow('hi');
		const karen = await box.start();
		box.ring('hi');
		await box.reported('hi', ({ state }) => state === 'running');
		await karen.end('SIGKILL');
		go();
		await until('the end', () => box.runs('hi')[0]?.ended);
		await until('the process to be gone', () => box.leftRunning().length === 0 || undefined);
		await box.start();
		await box.reported('hi', ({ state }) => state === 'lost');
		box.ring('hi');
		await box.reported('hi', ({ state }) => state === 'done');
		expect(box.runs('hi')).toHaveLength(2);
	});

	test('runs waiting signals at the next start and does not repeat finished ones', async () => {
		box.configure('parallel = 1');
		slow('hi');
		box.recording('app');
		const karen = await box.start();
		box.ring('hi');
		await box.reported('hi', ({ state }) => state === 'running');
		for (const name of ['app-a', 'app-b']) box.ring(name);
		await box.reported('app-b', ({ state }) => state === 'queued');
		await karen.end('SIGKILL');
		go();
		await box.start();
		for (const name of ['app-a', 'app-b']) await box.reported(name, ({ state }) => state === 'done');
		expect(
			box
				.runs()
				.map(({ name }) => name)
				.sort(),
		).toEqual(['app-a', 'app-b', 'hi']);
	});
});

describe('SIGHUP', () => {
	test('applies a valid configuration', async () => {
		box.trigger('app', 'echo "$PATH"');
		box.trigger('backup', 'echo "backup $1"');
		const karen = await box.start();
		box.ring('backup-now');
		await box.reported('backup-now', ({ state }) => state === 'refused');
		box.configure('[triggers.backup]\nprefix = true\n[hooks]\npath = ["/bin"]');
		karen.child.kill('SIGHUP');
		await box.logged('"reloaded the configuration"');
		box.ring('backup-now');
		expect((await box.reported('backup-now', ({ state }) => state === 'done')).output).toBe('backup now');
		box.ring('app-x');
		expect((await box.reported('app-x', ({ state }) => state === 'done')).output).toBe('/bin');
	});

	test('starts waiting runs after a higher limit', async () => {
		box.configure('parallel = 1');
		slow('one');
		slow('two');
		const karen = await box.start();
		box.ring('one');
		await box.reported('one', ({ state }) => state === 'running');
		box.ring('two');
		await box.reported('two', ({ state }) => state === 'queued');
		box.configure('parallel = 2');
		karen.child.kill('SIGHUP');
		await box.reported('two', ({ state }) => state === 'running');
		go();
	});

	test.each([
		['an invalid configuration', '[triggers.backup]\nprefix = "maybe"'],
		['a file that is not TOML', '= = ='],
	])('logs %s and keeps the previous configuration', async (_what, lines) => {
		box.trigger('hi', 'echo "$PATH"');
		box.configure('[hooks]\npath = ["/usr/bin", "/bin"]');
		const karen = await box.start();
		box.configure(`${lines}\n[hooks]\npath = ["/evil"]`);
		karen.child.kill('SIGHUP');
		await box.logged('"code":"config-invalid"');
		box.ring('hi');
		expect((await box.reported('hi', ({ state }) => state === 'done')).output).toBe('/usr/bin:/bin');
	});
});

test('one karen runs and handles signals after twenty immediate restarts', async () => {
	box.recording('hi');
	let karen = await box.start();
	for (let round = 0; round < 20; round++) {
		karen.child.kill('SIGTERM');
		karen = await box.start({ until: 'started' });
		if (round % 4 === 0) await box.logged('"watching"', round / 4 + 2);
	}
	await until(
		'the last karen',
		() => published().pid === karen.pid || undefined,
		() => box.log(),
	);
	box.ring('hi');
	await box.reported('hi', ({ state }) => state === 'done');
	expect(existsSync(`/proc/${karen.pid}`)).toBe(true);
	expect(box.log()).not.toContain('cannot start');
});

test('retries to finish an open change in the group of updates', async () => {
	const layout = layoutOf(box.root, box.state);
	mkdirSync(layout.changes, { mode: 0o700 });
	writeFileSync(layout.currentChange, '20261121-093000-abcd');
	const taken = takeLock(layout.updateLock, 0);
	if (taken.kind === 'busy') throw new Error('somebody has the lock of a new box');
	onTestFinished(() => taken.lock.release());
	box.trigger('hi', 'echo fine');
	await box.start();
	await box.logged('"resume ended"', 2);
	rmSync(layout.currentChange);
	box.ring('hi');
	await box.reported('hi', ({ state }) => state === 'done');
});

test('removes the in-progress marker of an updater that was killed before it opened a change', async () => {
	const mark = join(box.root, 'statuses/update-in-progress');
	writeFileSync(mark, '');
	await box.start();
	await until(
		'the marker to be removed',
		() => !existsSync(mark) || undefined,
		() => box.log(),
	);
});

test('only the slow rescan wakes an idle karen', async () => {
	box.configure('', '');
	writeFileSync(box.config, readText(box.config).replace('rescan = "1s"', 'rescan = "1h"'));
	box.recording('hi');
	const { pid } = await box.start();
	box.ring('hi');
	await box.reported('hi', ({ state }) => state === 'done');
	const timers = () =>
		readText(`/proc/${pid}/task/${pid}/status`).match(/^voluntary_ctxt_switches:\s+(\d+)/m)?.[1] ?? '';
	// V8 collects garbage once, some seconds after the last activity.
	const quiet = async () => {
		const before = timers();
		await new Promise((done) => setTimeout(done, 3000));
		return timers() === before;
	};
	for (let tries = 0; tries < 6; tries++) if (await quiet()) return;
	expect.unreachable('karen was woken in every three seconds');
});
