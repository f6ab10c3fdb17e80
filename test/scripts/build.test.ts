/** scripts/dev/build.ts: what stands in dist/, when it is built again, and two builds at once. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, globSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PROGRAMS } from '../../src/system/process/program.ts';
import { scratch } from '../scratch.ts';
import { smallCheckout } from '../small-checkout.ts';

const REPOSITORY = join(import.meta.dirname, '../..');
const NAMES = Object.keys(PROGRAMS);

function build(top: string): { code: number | null; said: string } {
	const ended = spawnSync(process.execPath, [join(top, 'scripts/dev/build.ts')], { encoding: 'utf8' });
	return { code: ended.status, said: ended.stderr };
}

const stampOf = (top: string): string => readFileSync(join(top, 'dist/built-from'), 'utf8');

test('each program is one file, with a source map that leads back to src/', () => {
	const top = smallCheckout();
	expect(build(top)).toMatchObject({ code: 0, said: expect.stringMatching(/^signalbox: built dist\/ \(/) });
	const expected = [...NAMES.flatMap((name) => [`${name}.js`, `${name}.js.map`]), 'built-from'];
	expect(readdirSync(join(top, 'dist')).sort()).toEqual(expected.sort());
	for (const name of NAMES) {
		const { sources } = JSON.parse(readFileSync(join(top, `dist/${name}.js.map`), 'utf8'));
		expect(sources).toContain(`../src/${PROGRAMS[name as keyof typeof PROGRAMS]}.ts`);
	}
});

test('the programs of this tree load no package when they run', () => {
	const importOf = /^(?:import|export)\b[^;]*?from\s*"([^"]+)"|\bimport\("([^"]+)"\)/gm;
	const imported = NAMES.flatMap((name) => {
		const text = readFileSync(join(REPOSITORY, `dist/${name}.js`), 'utf8');
		return [...text.matchAll(importOf)].map((match) => `${name}: ${match[1] ?? match[2]}`);
	});
	const foreign = imported.filter((one) => !/: (?:node:)?[a-z_/0-9]+$/.test(one));
	expect(imported.length).toBeGreaterThan(NAMES.length);
	expect(foreign).toEqual([]);
});

test('the built author program writes keys with its CommonJS packages', () => {
	const keys = join(scratch(), 'keys');
	const args = ['release', 'keygen', '--keys', keys, '--only', 'a', '--plain'];
	execFileSync(join(REPOSITORY, 'bin/signalbox'), args, { stdio: 'ignore' });
	expect(readdirSync(keys).sort()).toEqual(['a.pem', 'a.pub']);
});

test('a build from the same sources is kept as it is', () => {
	const top = smallCheckout();
	build(top);
	const { ino } = statSync(join(top, 'dist'));
	expect(build(top)).toEqual({ code: 0, said: '' });
	expect(statSync(join(top, 'dist')).ino).toBe(ino);
});

test.each([
	['a source', 'src/author/main.ts'],
	['the list of packages', 'package.json'],
	['the lock file', 'package-lock.json'],
	['the way it is built', 'scripts/dev/build.ts'],
])('%s that changed is built again', (_what, path) => {
	const top = smallCheckout();
	build(top);
	const before = stampOf(top);
	appendFileSync(join(top, path), '\n');
	expect(build(top).said).toContain('built dist/');
	expect(stampOf(top)).not.toBe(before);
});

test('a program that is missing is built again', () => {
	const top = smallCheckout();
	build(top);
	rmSync(join(top, 'dist/prober.js'));
	expect(build(top).said).toContain('built dist/');
	expect(existsSync(join(top, 'dist/prober.js'))).toBe(true);
});

test('a source that cannot be read leaves the build before it', () => {
	const top = smallCheckout();
	build(top);
	const before = readFileSync(join(top, 'dist/author.js'), 'utf8');
	appendFileSync(join(top, 'src/author/main.ts'), 'const const\n');
	const { code, said } = build(top);
	expect(code).toBe(2);
	expect(said).toContain('building them failed');
	expect(readFileSync(join(top, 'dist/author.js'), 'utf8')).toBe(before);
	expect(globSync('.dist-*', { cwd: top })).toEqual([]);
});

test('without the bundler it says what to do', () => {
	const top = smallCheckout();
	rmSync(join(top, 'node_modules'));
	expect(build(top)).toEqual({
		code: 2,
		said: `signalbox: the programs in ${top}/dist are not built, and the bundler is not installed: run 'npm ci' and 'npm run build' in ${top}\n`,
	});
});

test('builds at the same time leave one complete build', async () => {
	const top = smallCheckout();
	const ends = Array.from({ length: 4 }, async () => {
		const child = spawn(process.execPath, [join(top, 'scripts/dev/build.ts')], { stdio: 'ignore' });
		return await new Promise((resolve) => child.once('exit', resolve));
	});
	expect(await Promise.all(ends)).toEqual([0, 0, 0, 0]);
	expect(globSync('.dist-*', { cwd: top })).toEqual([]);
	expect(build(top)).toEqual({ code: 0, said: '' });
});
