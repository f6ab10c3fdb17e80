/** The launchers of a checkout: a build that is older than its sources is never used in silence. */
import { spawnSync } from 'node:child_process';
import { appendFileSync, renameSync, rmSync, symlinkSync, unlinkSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { smallCheckout, writeProgram } from './small-checkout.ts';

const NODE = `node-linux-${process.arch}`;
const OPERATOR = 'unprivileged/operator/main';

function run(top: string, program: string, ...args: readonly string[]) {
	const ended = spawnSync(join(top, program), args, {
		env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
		encoding: 'utf8',
	});
	return { code: ended.status, out: ended.stdout, err: ended.stderr };
}

/** What `npm ci --omit=dev` leaves. */
function takeBundler(top: string): void {
	const packages = join(top, 'node_modules');
	const kept = join(top, 'kept');
	renameSync(packages, kept);
	spawnSync('mkdir', [packages]);
	symlinkSync(join(kept, NODE), join(packages, NODE));
}

test('the first start builds, the second is silent', () => {
	const top = smallCheckout();
	const first = run(top, 'bin/signalbox', 'status');
	expect(first).toMatchObject({ code: 0, out: `${OPERATOR} status\n` });
	expect(first.err).toMatch(/^signalbox: built dist\/ \([\d.]+ s\)\n$/);
	expect(run(top, 'bin/signalbox', 'status')).toEqual({ code: 0, out: `${OPERATOR} status\n`, err: '' });
});

test.each([
	['signalbox', 'bin/signalbox', OPERATOR],
	['signalbox release', 'bin/signalbox', 'author/main'],
	['signalbox demo', 'bin/signalbox', 'demo/main'],
	['signalbox-tuf-client', 'bin/signalbox-tuf-client', 'unprivileged/operator/tuf-client/main'],
	['karen', 'karen', 'privileged/karen/main'],
])('%s starts its own program, and builds it again when its source changed', (name, launcher, path) => {
	const top = smallCheckout();
	const words = name.split(' ').slice(1);
	const said = (begin: string) => `${[begin, ...words].join(' ')}\n`;
	expect(run(top, launcher, ...words).out).toBe(said(path));
	writeProgram(top, path, 'changed');
	const changed = run(top, launcher, ...words);
	expect(changed).toMatchObject({ code: 0, out: said('changed') });
	expect(changed.err).toMatch(/^signalbox: built dist\//);
});

test('an older file that replaces a source is noticed too', () => {
	const top = smallCheckout();
	run(top, 'bin/signalbox');
	const source = join(top, `src/${OPERATOR}.ts`);
	writeProgram(top, OPERATOR, 'older');
	utimesSync(source, 1_000_000_000, 1_000_000_000);
	expect(run(top, 'bin/signalbox').out).toBe('older\n');
});

test('a source that is gone is noticed', () => {
	const top = smallCheckout();
	writeProgram(top, 'author/more', 'more');
	run(top, 'bin/signalbox');
	unlinkSync(join(top, 'src/author/more.ts'));
	expect(run(top, 'bin/signalbox').err).toContain('built dist/');
});

test('a source that was only touched costs one comparison and no build', () => {
	const top = smallCheckout();
	run(top, 'bin/signalbox');
	utimesSync(join(top, `src/${OPERATOR}.ts`), new Date(), new Date());
	expect(run(top, 'bin/signalbox')).toMatchObject({ code: 0, err: '' });
});

test('without the bundler, an older build is refused with what to do', () => {
	const top = smallCheckout();
	run(top, 'bin/signalbox');
	takeBundler(top);
	expect(run(top, 'bin/signalbox', 'status').code).toBe(0);
	writeProgram(top, OPERATOR, 'changed');
	expect(run(top, 'bin/signalbox', 'status')).toEqual({
		code: 2,
		out: '',
		err: `signalbox: the programs in ${top}/dist are older than src/, and the bundler is not installed: run 'npm ci' and 'npm run build' in ${top}\n`,
	});
});

test('karen starts from an older build where there is no bundler, and says so', () => {
	const top = smallCheckout();
	run(top, 'karen');
	takeBundler(top);
	writeProgram(top, 'privileged/karen/main', 'changed');
	const { code, out, err } = run(top, 'karen');
	expect({ code, out }).toEqual({ code: 0, out: 'privileged/karen/main\n' });
	expect(err).toContain('are older than src/');
	expect(err).toContain('signalbox: karen starts from this older build\n');
});

test('a source that cannot be built is not replaced by the build before it', () => {
	const top = smallCheckout();
	run(top, 'bin/signalbox');
	appendFileSync(join(top, `src/${OPERATOR}.ts`), 'const const\n');
	expect(run(top, 'bin/signalbox')).toMatchObject({ code: 2, out: '' });
});

test('a tree without sources and programs says that it is incomplete', () => {
	const top = smallCheckout();
	rmSync(join(top, 'src'), { recursive: true });
	expect(run(top, 'bin/signalbox')).toEqual({
		code: 2,
		out: '',
		err: `signalbox: cannot find ${top}/dist/operator.js: install Signalbox again\n`,
	});
});
