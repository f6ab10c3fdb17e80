/**
 * `signalbox demo`, as the user who runs the tests: it ends by itself, as described, and leaves nothing
 * behind.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { requireTools } from '../../../src/demo/tools.ts';

const BIN = resolve(import.meta.dirname, '../../../bin/signalbox');
const NOBODY = 65_534;
/** The demo ends earlier, even on a slow machine. */
const LIMIT = 300_000;

let temporary: string;
beforeEach(() => {
	temporary = realpathSync(mkdtempSync(join(tmpdir(), 'demo-story-')));
	chmodSync(temporary, 0o711);
});
afterEach(() => {
	expect(leftOver()).toEqual([]);
	expect(readdirSync(temporary)).toEqual([]);
	rmSync(temporary, { recursive: true, force: true });
});

/** Processes that mention this test's directory; zombies have no command line and do not count. */
function leftOver(): readonly string[] {
	const lines = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).split('\n');
	return lines.filter((line) => line.includes(temporary));
}

interface Demo {
	readonly child: ChildProcess;
	readonly said: { out: string; err: string };
	readonly ended: Promise<number | null>;
}

function start(...words: readonly string[]): Demo {
	const child = spawn(BIN, ['demo', ...words], {
		cwd: '/',
		// One compile cache for all tests, so that types are stripped once.
		env: { PATH: '/usr/bin:/bin', TMPDIR: temporary, NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] },
		stdio: ['ignore', 'pipe', 'pipe'],
	});
	const said = { out: '', err: '' };
	child.stdout?.on('data', (piece) => (said.out += piece));
	child.stderr?.on('data', (piece) => (said.err += piece));
	const ended = new Promise<number | null>((done) => child.once('close', done));
	return { child, said, ended };
}

async function until(demo: Demo, holds: () => boolean): Promise<void> {
	const limit = performance.now() + LIMIT;
	while (!holds()) {
		if (performance.now() > limit || demo.child.exitCode !== null)
			throw new Error(`the demo never got there:\n${demo.said.out}${demo.said.err}`);
		await new Promise((done) => setTimeout(done, 20));
	}
}

/** As many other processes as the fetcher itself may have threads. */
function crowdOfNobody(): void {
	const crowd = spawn('bash', ['-c', 'for n in {1..128}; do sleep 600 & done; wait'], {
		uid: NOBODY,
		gid: NOBODY,
		detached: true,
		stdio: 'ignore',
	});
	onTestFinished(() => void process.kill(-(crowd.pid as number), 'SIGKILL'));
}

describe('signalbox demo', { timeout: LIMIT }, () => {
	test('tells the whole story and ends by itself with --kind git', async () => {
		const demo = start('--json', '--kind', 'git');
		expect(await demo.ended, demo.said.err).toBe(0);
		const { root, releases, url, story } = JSON.parse(demo.said.out) as Record<
			'root' | 'releases' | 'url',
			string
		> & {
			story: { sentence: string }[];
		};
		expect(root.startsWith(temporary)).toBe(true);
		expect(releases).toMatch(/^file:\/\/\/.*\/releases\.git$/);
		expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
		expect(story.map(({ sentence }) => sentence)).toEqual([
			`Signed 1.0.0, 1.1.0, 2.0.0 with new keys and published them at ${releases}.`,
			expect.stringMatching(/^Created a box with 1\.0\.0 in .*; it pins the author's TUF root\.$/),
			expect.stringMatching(
				process.getuid?.() === 0
					? /^Started karen .* as the user nobody, which can only send signals\.$/
					: /^Started karen .* as the same user\.$/,
			),
			'Check: 1.0.0 is installed, 2.0.0 is the newest. Path: 1.1.0, then 2.0.0.',
			expect.stringMatching(/^The dashboard requests 2\.0\.0: POST /),
			expect.stringMatching(/^Updated to 1\.1\.0 \(.*\)\.$/),
			expect.stringMatching(/^Updated to 2\.0\.0 \(.*\)\.$/),
			'2.0.0 runs, verified with tuf. The data is unchanged.',
			expect.stringMatching(/^Published 2\.1\.0 and 2\.2\.0\. /),
			expect.stringMatching(/^Rolled back to 2\.0\.0 \(.*\)\.$/),
			expect.stringMatching(/^Reason: .*02-run\.sh.*; its last output: the visitors are gone: there were 3$/),
			'2.0.0 runs again. The data is unchanged, byte for byte.',
			'Changed one character of 2.2.0 in transit, in service/migrate.',
			expect.stringMatching(/^Refused: cannot take v2\.2\.0: it is not what was signed: /),
			'2.0.0 still runs. Its files and the data are unchanged.',
			'Demo finished: every claim above was checked.',
		]);
		expect(demo.said.err).toMatch(/ % {2}1\.1\.0 \(step to 2\.0\.0\): /);
	});

	test('does the same from a web server with --kind publisher --keep, and runs until Ctrl-C', async () => {
		if (process.getuid?.() === 0) crowdOfNobody();
		const demo = start('--keep', '--kind', 'publisher');
		await until(demo, () => demo.said.out.includes('/api/v1/status\n'));
		expect(demo.said.out).toMatch(/ Signed 1\.0\.0, 1\.1\.0, 2\.0\.0 .* at http:\/\/127\.0\.0\.1:\d+\.\n/);
		expect(demo.said.out).toMatch(/Rolled back to 2\.0\.0 \(/);
		expect(demo.said.out).toMatch(/Refused: cannot take http:\S+: it is not the file that was announced\n/);
		const root = /a box with \S+ in (\S+);/.exec(demo.said.out)?.[1] ?? '';
		const url = /the manager at (http:\S+) /.exec(demo.said.out)?.[1] ?? '';
		const play = (...words: readonly string[]) =>
			execFileSync(BIN, ['--root', root, ...words], {
				encoding: 'utf8',
				stdio: ['ignore', 'pipe', 'ignore'],
			});
		expect(JSON.parse(play('status', '--json'))).toMatchObject({
			installed: '2.0.0',
			karen: { pid: expect.any(Number) },
		});
		expect(play('signal', 'hello', 'Ada', '--wait')).toMatch(/hello Ada\n$/);
		expect(play('update')).toMatch(/^Updated to 2\.2\.0 \(/);
		expect(play('rollback', '--yes')).toMatch(/^Rolled back to 2\.0\.0 \(/);
		expect(await (await fetch(`${url}/api/v1/status`)).json()).toMatchObject({ installed: '2.0.0' });
		demo.child.kill('SIGINT');
		expect(await demo.ended).toBe(0);
	});

	test.each([
		['while the releases are signed', (demo: Demo) => demo.said.err.includes('signalbox release sign')],
		['while the daemons start', (demo: Demo) => demo.said.out.includes('a box with')],
		['in the middle of an update', (demo: Demo) => demo.said.err.includes('Installing v1.1.0')],
		['in the middle of the rollback', (demo: Demo) => demo.said.err.includes('Restoring')],
	])('Ctrl-C %s leaves nothing behind', async (_name, moment) => {
		const demo = start();
		await until(demo, () => moment(demo));
		demo.child.kill('SIGINT');
		expect(await demo.ended).toBe(130);
		expect(demo.said.err).toMatch(/Demo stopped; everything was removed\.\n$/);
	});

	test('explains that a port is taken', async () => {
		const other = createServer().listen(0, '127.0.0.1');
		await new Promise((done) => other.once('listening', done));
		try {
			const { port } = other.address() as AddressInfo;
			const demo = start('--port', String(port));
			expect(await demo.ended).toBe(1);
			expect(demo.said.err).toMatch(
				/cannot start the manager of the demo \[demo-failed\]\n.*another program does/,
			);
		} finally {
			other.close();
		}
	});
});

test('names missing tools with the command that installs them', () => {
	expect(() => requireTools('git', ['/usr/bin', '/bin'])).not.toThrow();
	expect(() => requireTools('git', [temporary])).toThrow(
		expect.objectContaining({
			record: expect.objectContaining({
				code: 'tool-missing',
				message: 'cannot run the demo without bash, find, flock, rsync, setpriv, setsid, sync, git',
				hint: 'run: apt-get install bash findutils util-linux rsync coreutils git',
			}),
		}),
	);
});
