/**
 * What is published: built programs, complete enough to run wherever they are installed, under the right
 * Node.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import {
	chmodSync,
	cpSync,
	mkdirSync,
	mkdtempSync,
	realpathSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { scratch } from './scratch.ts';

const REPOSITORY = resolve(import.meta.dirname, '..');
const NODE = `node-linux-${process.arch}`;
const TOOLS = '/usr/bin:/bin';

let packed: string;
beforeAll(() => {
	const dir = realpathSync(mkdtempSync(join(tmpdir(), 'signalbox-package-')));
	const said = execFileSync('npm', ['pack', '--silent', '--pack-destination', dir], {
		cwd: REPOSITORY,
		encoding: 'utf8',
	});
	execFileSync('tar', ['-xzf', join(dir, said.trim().split('\n').at(-1) ?? ''), '-C', dir]);
	packed = join(dir, 'package');
}, 300_000);
afterAll(() => rmSync(dirname(packed), { recursive: true, force: true }));

/**
 * Where the package is put, where its Node lies, and which Node is first on PATH, each below a fresh
 * directory.
 */
interface Installation {
	readonly at: string;
	readonly node: string | undefined;
	readonly onPath: 'too old' | 'new enough';
}

const INSTALLATIONS: readonly (readonly [string, Installation])[] = [
	['a local install', { at: 'node_modules/signalbox', node: 'node_modules', onPath: 'too old' }],
	[
		'a global install',
		{
			at: 'lib/node_modules/signalbox',
			node: 'lib/node_modules/signalbox/node_modules',
			onPath: 'too old',
		},
	],
	['a package of the system', { at: 'usr/lib/signalbox', node: undefined, onPath: 'new enough' }],
];

function install({ at, node, onPath }: Installation): { installed: string; path: string } {
	const dir = scratch();
	const installed = join(dir, at);
	cpSync(packed, installed, { recursive: true });
	if (node !== undefined) {
		mkdirSync(join(dir, node), { recursive: true });
		symlinkSync(join(REPOSITORY, 'node_modules', NODE), join(dir, node, NODE));
	}
	return { installed, path: `${pathWith(onPath)}:${TOOLS}` };
}

/** Returns a directory with a Node of the machine. */
function pathWith(which: Installation['onPath']): string {
	const dir = scratch();
	if (which === 'new enough') symlinkSync(process.execPath, join(dir, 'node'));
	else writeFileSync(join(dir, 'node'), '#!/bin/sh\necho v20.19.2\n', { mode: 0o755 });
	return dir;
}

function run(program: string, args: readonly string[], path: string) {
	const ended = spawnSync(program, args, { env: { PATH: path }, encoding: 'utf8', cwd: '/' });
	return { code: ended.status, out: ended.stdout, err: ended.stderr };
}

test('the package holds programs and no sources', () => {
	expect(execFileSync('find', [packed, '-name', '*.ts'], { encoding: 'utf8' })).toBe('');
});

describe.each(INSTALLATIONS)('%s', (_what, installation) => {
	test('runs signalbox and karen under its Node', () => {
		const { installed, path } = install(installation);
		expect(run(join(installed, 'bin/signalbox'), ['--version'], path)).toEqual({
			code: 0,
			out: '0.1.0\n',
			err: '',
		});
		const karen = run(join(installed, 'karen'), ['--no-such-option'], path);
		expect(karen).toMatchObject({ code: 2, out: '' });
		expect(karen.err).toContain("Unknown option '--no-such-option'");
	});

	test('reads a source through its fetcher', () => {
		const { installed, path } = install(installation);
		const dir = scratch();
		const root = join(dir, 'root');
		for (const name of ['events/signals', 'statuses']) mkdirSync(join(root, name), { recursive: true });
		chmodSync(dir, 0o755);
		cpSync(join(REPOSITORY, 'info.json'), join(root, 'info.json'));
		const config = join(dir, 'config.toml');
		writeFileSync(
			config,
			`state = "${dir}/state"\n[source]\nkind = "git"\nurl = "file://${dir}/none"\n[trust]\nmode = "unsigned"\n[fetcher]\nuser = 64123\n`,
		);
		const args = ['check', '--json', '--root', root, '--config', config];
		expect(JSON.parse(run(join(installed, 'bin/signalbox'), args, path).out)).toMatchObject({
			installed: '0.1.0',
			path: [],
			reason: { code: 'source-unreachable' },
		});
	});
});

test.each(['bin/signalbox', 'karen'])('%s refuses a Node of the machine that is too old', (program) => {
	const { installed, path } = install({ at: 'usr/lib/signalbox', node: undefined, onPath: 'too old' });
	const ran = run(join(installed, program), ['--version'], path);
	expect(ran).toMatchObject({ code: 2, out: '' });
	expect(ran.err).toMatch(/^signalbox: cannot run under Node\.js v20\.19\.2: /);
});
