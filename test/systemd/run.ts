/**
 * npm run systemd: boots a real systemd in namespaces of its own (boot.sh) and plays the stories of
 * stories.ts under it. Needs root, systemd and dbus. Exits with 1 when one did not go as told.
 */
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../until.ts';

const BOOT = join(import.meta.dirname, 'boot.sh');
const STORIES = join(import.meta.dirname, 'stories.ts');
/** Milliseconds. */
const LIMIT = 10 * 60_000;

if (process.geteuid?.() !== 0) {
	process.stderr.write('cannot boot systemd as an ordinary user: run it as root\n');
	process.exit(2);
}
const boot = spawn(BOOT, [], { stdio: ['ignore', 'ignore', 'inherit'] });
try {
	const pid = await until(
		'systemd to be up',
		() => boot.exitCode === null && firstProcessOf(boot.pid as number),
	);
	await until(
		'its bus',
		() => inside(pid, ['systemctl', 'is-active', '--quiet', 'dbus.service'], 10_000) === 0,
	);
	process.exitCode = inside(pid, [process.execPath, STORIES], LIMIT) === 0 ? 0 : 1;
} finally {
	boot.kill('SIGKILL');
}

/** The child of `unshare`, which is the first process of its namespace. */
function firstProcessOf(parent: number): number | undefined {
	const [child] = readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8').trim().split(' ');
	const isSystemd =
		child !== undefined && child !== '' && readFileSync(`/proc/${child}/comm`, 'utf8') === 'systemd\n';
	return isSystemd ? Number(child) : undefined;
}

function inside(pid: number, command: readonly string[], timeout: number): number | null {
	const own = `--wd=${process.cwd()}`;
	return spawnSync('nsenter', ['--all', `--target=${pid}`, own, '--', ...command], {
		stdio: ['ignore', 'inherit', 'inherit'],
		timeout,
	}).status;
}
