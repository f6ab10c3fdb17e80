/** The command with the real karen, as root and as a member of the group. Needs root to change users. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readAccounts } from '../../../src/system/access/accounts.ts';
import { type Box, makeBox } from '../../box/box.ts';

const BIN = resolve(import.meta.dirname, '../../../bin/signalbox');
const LIMIT = 300_000;
const NOBODY = 65534;
const GROUP = ['nogroup', 'nobody'].find((name) => readAccounts().gidOf(name) !== undefined) ?? 'nogroup';
const GID = readAccounts().gidOf(GROUP) ?? NOBODY;

let box: Box;
let karen: ChildProcess | undefined;
beforeEach(() => {
	box = makeBox({ version: '0.4.17', requires: '>=0.2.1' });
	writeFileSync(box.config, readFileSync(box.config, 'utf8').replace(/^group = .*$/m, `group = "${GROUP}"`));
	const init = run('init', box.root);
	expect(init.exit, init.err).toBe(0);
});
afterEach(async () => {
	await end();
	await box.remove();
});

interface Ran {
	readonly exit: number | null;
	readonly out: string;
	readonly err: string;
}

function run(...words: readonly string[]): Ran {
	return ran(BIN, ['--root', box.root, '--config', box.config, ...words]);
}

/** A member of the group may send signals and read statuses, but not the configuration. */
function asMember(...words: readonly string[]): Ran {
	return ran('setpriv', [
		`--reuid=${NOBODY}`,
		`--regid=${GID}`,
		'--clear-groups',
		BIN,
		'--root',
		box.root,
		...words,
	]);
}

function ran(program: string, args: readonly string[]): Ran {
	const ended = spawnSync(program, args, {
		cwd: '/',
		env: { PATH: '/usr/bin:/bin' },
		encoding: 'utf8',
		timeout: LIMIT,
	});
	return { exit: ended.status, out: ended.stdout, err: ended.stderr };
}

async function start(): Promise<void> {
	karen = spawn(BIN, ['--root', box.root, '--config', box.config, 'karen'], { cwd: '/', stdio: 'ignore' });
	await until(() => existsSync(join(box.root, 'statuses/karen.json')));
}

async function until(holds: () => boolean): Promise<void> {
	const limit = performance.now() + LIMIT;
	while (!holds()) {
		if (performance.now() > limit) throw new Error('it never came to that');
		await new Promise((done) => setTimeout(done, 20));
	}
}

async function end(): Promise<number | null> {
	const ending = karen;
	karen = undefined;
	if (ending === undefined || ending.exitCode !== null) return ending?.exitCode ?? null;
	const ended = new Promise<number | null>((done) => ending.once('close', done));
	ending.kill('SIGTERM');
	return ended;
}

function trigger(name: string, script: string): void {
	mkdirSync(join(box.root, 'events/triggers'), { recursive: true });
	writeFileSync(join(box.root, 'events/triggers', name), `#!/bin/bash\n${script}\n`, { mode: 0o755 });
}

describe('signalbox karen', { timeout: LIMIT }, () => {
	test('passes TERM on and exits with karen’s exit code', async () => {
		await start();
		expect(JSON.parse(run('status', '--json').out)).toMatchObject({ karen: { pid: expect.any(Number) } });
		expect(await end()).toBe(0);
		expect(JSON.parse(run('status', '--json').out)).toMatchObject({ karen: null });
	});

	test('runs a signal that was sent before the first start, because init created a ledger', async () => {
		trigger('hello', `cat >"${box.dir}/heard"`);
		const early = run('signal', 'hello', 'Ada', '--json');
		expect(early.exit).toBe(5);
		await start();
		await until(
			() => existsSync(join(box.dir, 'heard')) && readFileSync(join(box.dir, 'heard'), 'utf8') === 'Ada',
		);
	});
});

describe('update', { timeout: LIMIT }, () => {
	test('updates to the newest release; a group member can follow it but not read the logs', async () => {
		box.publish({ version: '0.4.18', requires: '>=0.2.1' });
		box.publish({ version: '0.5.4', requires: '>=0.4.18' });
		await start();
		const ran = asMember('update', '--json');
		expect(ran.exit, ran.err).toBe(0);
		expect(JSON.parse(ran.out)).toMatchObject({
			change: { to: '0.5.4', goal: 'v0.5.4', state: 'committed' },
			changes: [
				{ from: '0.4.17', to: '0.4.18', outcome: 'committed' },
				{ from: '0.4.18', to: '0.5.4', outcome: 'committed' },
			],
			report: { state: 'done', exitCode: 0 },
		});
		expect(box.version()).toBe('0.5.4');
		expect(JSON.parse(asMember('history', '--json').out)).toMatchObject({
			changes: [{ to: '0.5.4' }, { to: '0.4.18' }],
		});
		expect(asMember('logs', '--json').exit).not.toBe(0);
		expect(JSON.parse(asMember('check', '--json').out)).toMatchObject({
			installed: '0.5.4',
			reason: { code: 'up-to-date' },
		});
	});

	test('--to stops at the tag; rollback restores the release before', async () => {
		box.publish({ version: '0.4.18', requires: '>=0.2.1' });
		box.publish({ version: '0.5.4', requires: '>=0.4.18' });
		await start();
		expect(run('update', '--to', 'v0.4.18')).toMatchObject({
			exit: 0,
			out: expect.stringMatching(/^Updated to 0\.4\.18 \(.*\)\.\n$/),
		});
		expect(box.version()).toBe('0.4.18');
		expect(run('rollback', '--yes')).toMatchObject({
			exit: 0,
			out: expect.stringMatching(/^Rolled back to 0\.4\.17 \(.*\)\.\n$/),
		});
		expect(box.version()).toBe('0.4.17');
	});

	test('exits with 4 and the hook’s output when a release is rolled back', async () => {
		box.publish({
			version: '0.4.18',
			requires: '>=0.2.1',
			does: { '02': 'echo "the wallet does not open" >&2; exit 1' },
		});
		await start();
		const ran = run('update');
		expect(ran.exit).toBe(4);
		expect(ran.out).toMatch(/^Rolled back to 0\.4\.17 \(.*\)\.\n$/);
		expect(ran.err).toMatch(/\[hook-failed\]\n( {2}\| .*\n)* {2}\| the wallet does not open\n {2}hint: /);
		expect(box.version()).toBe('0.4.17');
		expect(run('logs', '--hook', '02-run.sh').out).toContain('the wallet does not open');
	});

	test.each([
		['v9.9.9', 3, 'wish-not-on-path'],
		['v0.4.16', 3, 'wish-not-newer'],
	])('root refuses to update to %s', async (tag, exit, code) => {
		await start();
		const ran = asMember('update', '--to', tag, '--json');
		expect(ran.exit).toBe(exit);
		expect(JSON.parse(ran.out)).toMatchObject({ error: { code } });
		expect(box.version()).toBe('0.4.17');
	});

	test('continues in the background after Ctrl-C', async () => {
		box.publish({
			version: '0.4.18',
			requires: '>=0.2.1',
			does: { '00': `touch "${box.dir}/begun"; until [[ -e "${box.dir}/go" ]]; do sleep 0.05; done` },
		});
		await start();
		const asking = spawn(BIN, ['--root', box.root, '--config', box.config, 'update'], {
			cwd: '/',
			stdio: ['ignore', 'ignore', 'pipe'],
		});
		let err = '';
		asking.stderr.on('data', (piece) => (err += piece));
		await until(() => existsSync(join(box.dir, 'begun')));
		const ended = new Promise<number | null>((done) => asking.once('close', done));
		asking.kill('SIGINT');
		expect(await ended).toBe(130);
		expect(err).toContain('The change continues in the background');
		writeFileSync(join(box.dir, 'go'), '');
		await until(() => box.change().state === 'committed');
		expect(box.version()).toBe('0.4.18');
	});

	test('reports the outcome of the change when karen was killed and restarted meanwhile', async () => {
		box.publish({
			version: '0.4.18',
			requires: '>=0.2.1',
			does: { '00': `touch "${box.dir}/begun"; until [[ -e "${box.dir}/go" ]]; do sleep 0.05; done` },
		});
		await start();
		const asking = spawn(BIN, ['--root', box.root, '--config', box.config, 'update', '--json'], {
			cwd: '/',
			stdio: ['ignore', 'pipe', 'ignore'],
		});
		let out = '';
		asking.stdout.on('data', (piece) => (out += piece));
		const ended = new Promise<number | null>((done) => asking.once('close', done));
		await until(() => existsSync(join(box.dir, 'begun')));
		const { pid } = JSON.parse(readFileSync(join(box.root, 'statuses/karen.json'), 'utf8')) as {
			pid: number;
		};
		process.kill(pid, 'SIGKILL');
		await until(() => karen?.exitCode !== null || karen?.signalCode !== null);
		rmSync(join(box.root, 'statuses/karen.json'));
		await start();
		writeFileSync(join(box.dir, 'go'), '');
		expect(await ended, out).toBe(0);
		expect(JSON.parse(out)).toMatchObject({ change: { to: '0.4.18', state: 'committed' } });
	});
});

test('a user outside the group can neither send signals nor read statuses', () => {
	const stranger = (...words: readonly string[]) =>
		ran('setpriv', [
			'--reuid=65533',
			'--regid=65533',
			'--clear-groups',
			BIN,
			'--root',
			box.root,
			...words,
			'--json',
		]);
	for (const words of [['status'], ['update', '--to', 'v0.4.18'], ['signal', 'hello']]) {
		const refused = stranger(...words);
		expect(refused.exit).toBe(1);
		expect(JSON.parse(refused.out)).toMatchObject({
			error: { code: 'io-error', hint: expect.stringMatching(/group/) },
		});
	}
});
