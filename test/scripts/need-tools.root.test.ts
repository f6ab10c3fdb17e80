/**
 * Root gets missing tools installed, others are told; with a Debian made of links, so that nothing is
 * installed for real.
 */
import { spawnSync } from 'node:child_process';
import {
	chmodSync,
	copyFileSync,
	existsSync,
	mkdirSync,
	readFileSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { scratch } from '../scratch.ts';

const program = join(import.meta.dirname, '../../scripts/dev/need-tools');
const TOLD = 'cannot go on without rsync: as root, run: apt-get update && apt-get install --yes rsync\n';
const COREUTILS = ['bash', 'awk', 'sort', 'paste', 'mktemp', 'timeout', 'rm', 'cat', 'ln'];

interface Debian {
	/** A copy where every user may read it, wherever the repository lies. */
	readonly program: string;
	readonly bin: string;
	readonly log: string;
}

/** Makes a PATH with all tools but rsync. Its apt-get installs rsync once `update` was run so many times. */
function debian(updatesNeeded: number): Debian {
	const top = scratch();
	chmodSync(top, 0o755);
	const bin = join(top, 'bin');
	const log = join(top, 'apt.log');
	mkdirSync(bin);
	copyFileSync(program, join(top, 'need-tools'));
	const [demo = '', tests = ''] = [
		...readFileSync(program, 'utf8').matchAll(/needs\+?='\n([\s\S]*?)'$/gm),
	].map((match) => match[1] ?? '');
	const tools = `${demo}${tests}`.split('\n').map((line) => line.split(' ')[0] ?? '');
	for (const tool of new Set([...COREUTILS, ...tools])) {
		if (tool !== '' && tool !== 'rsync')
			symlinkSync(existsSync(`/usr/bin/${tool}`) ? `/usr/bin/${tool}` : '/usr/bin/true', join(bin, tool));
	}
	// This test does not wait for a mirror.
	symlinkSync('/usr/bin/true', join(bin, 'sleep'));
	const apt = `#!/bin/bash
echo "$*" >>'${log}'
case "$*" in
*' update') exit 0 ;;
*) [[ $(/usr/bin/grep -c ' update$' '${log}') -ge ${updatesNeeded} ]] || { echo 'E: no such package'; exit 100; }; ln -s /usr/bin/true '${bin}/rsync' ;;
esac
`;
	writeFileSync(join(bin, 'apt-get'), apt, { mode: 0o755 });
	return { program: join(top, 'need-tools'), bin, log };
}

test('the fault harness needs more, header files among it', () => {
	const box = debian(100);
	symlinkSync('/usr/bin/true', join(box.bin, 'rsync'));
	const ended = spawnSync('/usr/bin/bash', [box.program, 'faults'], {
		env: { PATH: box.bin },
		encoding: 'utf8',
		timeout: 100_000,
	});
	expect(ended.status).toBe(2);
	expect(ended.stderr).toMatch(/without gcc .*pkg-config fusermount3/);
});

function needTools(box: Debian, ...as: readonly string[]) {
	const [command = '', ...args] = [...as, '/usr/bin/bash', box.program];
	return spawnSync(command, args, { env: { PATH: box.bin }, encoding: 'utf8', timeout: 100_000 });
}

test('with everything there nothing is done', () => {
	const box = debian(0);
	symlinkSync('/usr/bin/true', join(box.bin, 'rsync'));
	expect(needTools(box)).toMatchObject({ status: 0, stdout: '', stderr: '' });
	expect(existsSync(box.log)).toBe(false);
});

test('root gets the package, from the lists that are there', () => {
	const box = debian(0);
	expect(needTools(box)).toMatchObject({ status: 0, stdout: 'installing rsync\n', stderr: '' });
	expect(readFileSync(box.log, 'utf8').trim().split('\n')).toEqual([
		expect.stringMatching(/ install -y --no-install-recommends rsync$/),
	]);
});

test('where the lists are old or missing they are fetched', () => {
	const box = debian(1);
	expect(needTools(box)).toMatchObject({ status: 0 });
	expect(readFileSync(box.log, 'utf8').trim().split('\n')).toHaveLength(3);
});

test('names packages that cannot be installed, after a few tries', () => {
	const box = debian(100);
	const ended = needTools(box);
	expect(ended.status).toBe(2);
	expect(ended.stderr).toContain('E: no such package');
	expect(ended.stderr).toContain(TOLD);
	expect(readFileSync(box.log, 'utf8').match(/ install /g)).toHaveLength(5);
});

test('tells any other user what to install, and installs nothing', () => {
	const box = debian(0);
	const ended = needTools(box, '/usr/bin/setpriv', '--reuid=65534', '--regid=65534', '--clear-groups');
	expect(ended).toMatchObject({
		status: 2,
		stdout: '',
		stderr: TOLD,
	});
	expect(existsSync(box.log)).toBe(false);
});

/** A checkout in which `npm run demo` prints that it started. */
function demoCheckout(bin: string): string {
	const top = scratch();
	chmodSync(top, 0o755);
	mkdirSync(join(top, 'scripts/dev'), { recursive: true });
	mkdirSync(join(top, 'bin'));
	copyFileSync(program, join(top, 'scripts/dev/need-tools'));
	copyFileSync(join(import.meta.dirname, '../../package.json'), join(top, 'package.json'));
	writeFileSync(join(top, 'bin/signalbox'), '#!/bin/sh\necho "started: $*"\n', { mode: 0o755 });
	for (const tool of ['env', 'sh', 'dirname', 'readlink']) symlinkSync(`/usr/bin/${tool}`, join(bin, tool));
	return top;
}

/** Runs the line of package.json as npm does, which would bring directories of its own on PATH. */
function runDemo(top: string, bin: string, ...as: readonly string[]) {
	const { scripts } = JSON.parse(readFileSync(join(top, 'package.json'), 'utf8'));
	const [command = '', ...args] = [...as, '/usr/bin/sh', '-c', `${scripts.demo} --keep`];
	return spawnSync(command, args, { env: { PATH: bin }, cwd: top, encoding: 'utf8', timeout: 100_000 });
}

test('on a fresh machine, root’s demo installs its missing tools, and none of the tests’', () => {
	const box = debian(0);
	for (const tool of ['faketime', 'minisign', 'openssl']) rmSync(join(box.bin, tool));
	expect(runDemo(demoCheckout(box.bin), box.bin)).toMatchObject({
		status: 0,
		stdout: 'installing rsync\nstarted: demo --keep\n',
	});
});

test('on a fresh machine the demo tells any other user what to install before it starts', () => {
	const box = debian(0);
	const top = demoCheckout(box.bin);
	const as = ['/usr/bin/setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
	expect(runDemo(top, box.bin, ...as)).toMatchObject({ status: 2, stdout: '', stderr: TOLD });
});
