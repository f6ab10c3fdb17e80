/**
 * Programs of this directory in namespaces of their own: what they start and mount is gone with them, and
 * they with us.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** Images lie in memory: a disk would be what is measured. */
const MEMORY = existsSync('/dev/shm') ? '/dev/shm' : '/tmp';

/**
 * A mount namespace of its own, and a PID namespace: what is started in it ends with it, and what it mounts
 * is gone.
 */
const APART = ['--mount', '--propagation', 'private', '--pid', '--fork', '--kill-child', '--mount-proc'];

const running = new Set<ChildProcess>();

/** Runs a program of this directory in namespaces of its own. Throws when it does not end well. */
export async function apart(
	[program = '', ...args]: readonly string[],
	onLine: (line: string) => void,
): Promise<void> {
	const child = spawn('unshare', [...APART, process.execPath, join(import.meta.dirname, program), ...args], {
		stdio: ['pipe', 'pipe', 'pipe'],
	});
	running.add(child);
	let said = '';
	child.stderr.on('data', (piece) => (said += piece));
	createInterface(child.stdout).on('line', onLine);
	const code = await new Promise((done, reject) => {
		child.once('error', reject);
		child.once('close', done);
	}).finally(() => running.delete(child));
	if (code !== 0)
		throw new Error(`${program} ${args.slice(0, 3).join(' ')} ended with ${code}: ${said.slice(-4000)}`);
}

/**
 * Makes a directory in memory, hands it to `work`, and removes it whatever becomes of it, also when we are
 * asked to end.
 */
export async function withMemory<T>(work: (dir: string) => Promise<T>): Promise<T> {
	const dir = mkdtempSync(join(MEMORY, 'signalbox-cuts-'));
	// The fetcher passes through it to the boxes.
	chmodSync(dir, 0o711);
	const leave = () => {
		for (const child of running) child.kill('SIGKILL');
		rmSync(dir, { recursive: true, force: true, maxRetries: 10 });
		process.exit(1);
	};
	for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, leave);
	try {
		return await work(dir);
	} finally {
		for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, leave);
		rmSync(dir, { recursive: true, force: true, maxRetries: 10 });
	}
}
