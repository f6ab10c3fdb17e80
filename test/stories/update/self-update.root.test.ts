/** Signalbox updates itself with its own hooks, packages and karen, from this tree. */
import { execFileSync, spawn } from 'node:child_process';
import {
	chmodSync,
	cpSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	readlinkSync,
	realpathSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { endProcessesOf } from '../../box/processes.ts';
import { makeSource, type Source } from '../../box/sources/source.ts';
import { until } from '../../until.ts';

const REPOSITORY = resolve(import.meta.dirname, '../../..');
/** Milliseconds; npm installs the packages of the release. */
const LIMIT = 180_000;

let dir: string;
let root: string;
let config: string;
let source: Source;

const listed = (): string[] =>
	execFileSync(
		'git',
		['-C', REPOSITORY, 'ls-files', '-z', '--cached', '--others', '--exclude-standard', '--deduplicate'],
		{
			encoding: 'utf8',
		},
	)
		.split('\0')
		.filter((path) => path !== '' && !path.startsWith('test/') && !path.startsWith('bench/'));

function publish(version: string, sabotage = ''): void {
	for (const path of listed()) {
		const to = join(source.dir, path);
		mkdirSync(dirname(to), { recursive: true });
		cpSync(join(REPOSITORY, path), to, { force: true });
	}
	for (const file of ['info.json', 'package.json']) {
		const path = join(source.dir, file);
		writeFileSync(path, readFileSync(path, 'utf8').replace(/"version": "[^"]*"/, `"version": "${version}"`));
	}
	const lock = join(source.dir, 'package-lock.json');
	writeFileSync(
		lock,
		readFileSync(lock, 'utf8').replaceAll(/("name": "signalbox",\s*"version": )"[^"]*"/g, `$1"${version}"`),
	);
	if (sabotage !== '')
		writeFileSync(join(source.dir, 'scripts/update/02-run.sh'), `#!/usr/bin/env bash\n${sabotage}\n`);
	source.git('add', '--all', '--force');
	source.git('commit', '--quiet', '--message', version);
	source.git('tag', '--annotate', '--message', version, `v${version}`);
}

const karen = (): { pid: number; version: string } =>
	JSON.parse(readFileSync(join(root, 'statuses/karen.json'), 'utf8'));

function karenNow(): ReturnType<typeof karen> | undefined {
	try {
		return karen();
	} catch {
		return undefined;
	}
}

const report = (): object => JSON.parse(readFileSync(join(root, 'statuses/signals/update.json'), 'utf8'));

function signalbox(...args: readonly string[]): { code: number; stdout: string } {
	try {
		const stdout = execFileSync(join(root, 'bin/signalbox'), [...args, '--root', root, '--config', config], {
			encoding: 'utf8',
			timeout: LIMIT,
			stdio: ['ignore', 'pipe', 'pipe'],
		});
		return { code: 0, stdout };
	} catch (thrown) {
		const failed = thrown as { status: number; stdout: string };
		return { code: failed.status, stdout: failed.stdout };
	}
}

beforeAll(() => {
	dir = realpathSync(mkdtempSync(join(tmpdir(), 'signalbox-self-')));
	chmodSync(dir, 0o755);
	source = makeSource(join(dir, 'source'));
	publish('0.1.0');
	root = join(dir, 'root');
	execFileSync('git', ['clone', '--quiet', source.dir, root], { stdio: 'ignore' });
	rmSync(join(root, '.git'), { recursive: true });
	mkdirSync(join(root, '.modules/v0.1.0'), { recursive: true });
	symlinkSync(join(REPOSITORY, 'node_modules'), join(root, '.modules/v0.1.0/node_modules'));
	symlinkSync('.modules/v0.1.0/node_modules', join(root, 'node_modules'));
	config = join(dir, 'config.toml');
	writeFileSync(
		config,
		`product = "signalbox"\nstate = "${dir}/state"\n[source]\nkind = "git"\nurl = "file://${source.dir}"\n[trust]\nmode = "unsigned"\n[fetcher]\nuser = 64123\n`,
	);
	const child = spawn(join(root, 'karen'), ['--root', root, '--config', config], {
		stdio: 'ignore',
		detached: true,
	});
	child.unref();
});

afterAll(async () => {
	try {
		process.kill(karen().pid, 'SIGKILL');
	} catch {
		// It had ended by itself.
	}
	await endProcessesOf(dir);
	rmSync(dir, { recursive: true, force: true, maxRetries: 10 });
});

test('installs its own release with its karen, and rolls back a bad one', {
	timeout: 2 * LIMIT,
}, async () => {
	const first = await until('karen to start', karenNow, LIMIT);
	publish('0.2.0');
	const good = signalbox('update', '--json');
	expect(good.code, good.stdout).toBe(0);
	expect(JSON.parse(readFileSync(join(root, 'info.json'), 'utf8')).version).toBe('0.2.0');
	expect(readlinkSync(join(root, 'node_modules'))).toBe('.modules/v0.2.0/node_modules');
	const second = karen();
	expect(second).toMatchObject({ version: '0.2.0' });
	expect(report()).toMatchObject({ state: 'done', exitCode: 0, error: null });
	expect(second.pid).not.toBe(first.pid);

	publish('0.3.0', 'exit 7');
	const bad = signalbox('update', '--json');
	expect(bad.code, bad.stdout).toBe(4);
	expect(JSON.parse(readFileSync(join(root, 'info.json'), 'utf8')).version).toBe('0.2.0');
	expect(readlinkSync(join(root, 'node_modules'))).toBe('.modules/v0.2.0/node_modules');
	const isThird = (now = karenNow()) => now?.version === '0.2.0' && now.pid !== second.pid;
	await until('another karen of the old release', isThird, LIMIT);
	expect(signalbox('status', '--json').code).toBe(0);
	expect(report()).toMatchObject({ state: 'failed', exitCode: 4 });
});
