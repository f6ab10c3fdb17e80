/** The launchers of a checkout where root, its owner and a third user meet. */
import { execFileSync, spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { smallCheckout, writeProgram } from './small-checkout.ts';

const OWNER = 64_127;
const OTHER = 65_534;
const OPERATOR = 'unprivileged/operator/main';

function run(top: string, user: number, program: string) {
	const ended = spawnSync(
		'setpriv',
		[`--reuid=${user}`, `--regid=${user}`, '--clear-groups', join(top, program)],
		{ env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' }, encoding: 'utf8', cwd: '/' },
	);
	return { code: ended.status, out: ended.stdout, err: ended.stderr };
}

test('another user is told who can build, and runs the build once it is current', () => {
	const top = smallCheckout();
	expect(run(top, OTHER, 'bin/signalbox')).toEqual({
		code: 2,
		out: '',
		err: `signalbox: the programs in ${top}/dist are not built, and you may not write there: run 'npm run build' in ${top} as its owner\n`,
	});
	run(top, 0, 'bin/signalbox');
	expect(run(top, OTHER, 'bin/signalbox')).toEqual({ code: 0, out: `${OPERATOR}\n`, err: '' });
});

test('root builds a tree of another user as that user', () => {
	const top = smallCheckout();
	writeProgram(top, 'privileged/karen/main', 'karen');
	execFileSync('chown', ['--recursive', '--no-dereference', `${OWNER}:${OWNER}`, top]);
	expect(run(top, 0, 'karen')).toMatchObject({ code: 0, out: 'karen\n' });
	for (const name of ['dist', 'dist/karen.js', 'dist/built-from'])
		expect(statSync(join(top, name)).uid, name).toBe(OWNER);
	writeProgram(top, OPERATOR, 'changed');
	expect(run(top, OWNER, 'bin/signalbox').out).toBe('changed\n');
});
