import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { errnoOf } from '../../../src/model/base/errno.ts';
import { type Lock, takeLock } from '../../../src/system/files/lock.ts';
import { scratch } from '../../scratch.ts';

interface Holder {
	readonly process: ChildProcess;
	readonly kind: string;
	/** A child of the lock's holder. */
	readonly pid: number | undefined;
}

async function startHolder(path: string, ...child: readonly string[]): Promise<Holder> {
	const program = join(import.meta.dirname, '../../fixtures/programs/holds-lock.ts');
	const holder = spawn(process.execPath, [program, path, ...child], { stdio: ['ignore', 'pipe', 'inherit'] });
	onTestFinished(() => void holder.kill('SIGKILL'));
	const [line] = (await once(holder.stdout, 'data')) as [Buffer];
	const said = JSON.parse(line.toString()) as { kind: string; pid: number | undefined };
	const { pid } = said;
	if (pid !== undefined) onTestFinished(() => void process.kill(pid, 'SIGKILL'));
	return { process: holder, kind: said.kind, pid };
}

function held(path: string, wait = 0): Lock {
	const result = takeLock(path, wait);
	if (result.kind === 'busy') throw new Error('somebody holds the lock');
	onTestFinished(() => {
		try {
			result.lock.release();
		} catch {
			// The test released it itself.
		}
	});
	return result.lock;
}

async function kill(holder: Holder): Promise<void> {
	const ended = once(holder.process, 'exit');
	holder.process.kill('SIGKILL');
	await ended;
}

test('only one of two processes holds the lock', async () => {
	const path = join(scratch(), 'lock');
	const first = await startHolder(path);
	const second = await startHolder(path);
	expect([first.kind, second.kind]).toEqual(['held', 'busy']);
	expect(takeLock(path, 0)).toEqual({ kind: 'busy' });
});

test('a second attempt by the same process is busy', () => {
	const path = join(scratch(), 'lock');
	held(path);
	expect(takeLock(path, 0)).toEqual({ kind: 'busy' });
});

test('release() frees the lock and keeps the private file', () => {
	const path = join(scratch(), 'lock');
	held(path).release();
	expect(existsSync(path)).toBe(true);
	expect(statSync(path).mode & 0o777).toBe(0o600);
	held(path);
});

test('the lock is free once its holder is killed', async () => {
	const path = join(scratch(), 'lock');
	const holder = await startHolder(path);
	await kill(holder);
	held(path);
});

test('a child of the holder does not keep the lock', async () => {
	const path = join(scratch(), 'lock');
	const holder = await startHolder(path, 'with a child');
	expect(holder.kind).toBe('held');
	await kill(holder);
	expect(existsSync(`/proc/${holder.pid}`)).toBe(true);
	held(path);
});

test('waits for the lock up to the limit', async () => {
	const path = join(scratch(), 'lock');
	const holder = await startHolder(path);
	const started = performance.now();
	expect(takeLock(path, 300)).toEqual({ kind: 'busy' });
	expect(performance.now() - started).toBeGreaterThanOrEqual(290);

	// The wait blocks this process, so another one ends the holder.
	const killer = spawn('sh', ['-c', `sleep 0.3; kill -9 ${holder.process.pid}`], { stdio: 'ignore' });
	onTestFinished(() => void killer.kill('SIGKILL'));
	held(path, 20_000);
});

test('a lock whose file was removed is not in place, and a new one can be taken there', () => {
	const path = join(scratch(), 'lock');
	const first = held(path);
	expect(first.isInPlace()).toBe(true);
	rmSync(path);
	expect(first.isInPlace()).toBe(false);
	expect(held(path).isInPlace()).toBe(true);
	expect(first.isInPlace()).toBe(false);
});

test('waits again if the file was removed while waiting', async () => {
	const path = join(scratch(), 'lock');
	const first = await startHolder(path);
	// Once a process waits for the first file, another file replaces it; when that one is locked, the
	// wait for the first ends.
	const isWaitedFor = `grep -q -- "-> FLOCK .*:$(stat -c %i ${path}) " /proc/locks`;
	const isLocked = `[ -e ${path} ] && grep -q "FLOCK .*:$(stat -c %i ${path}) " /proc/locks`;
	const wait = (condition: string) => `until ${condition}; do sleep 0.02; done`;
	const swap = `${wait(isWaitedFor)}; rm ${path}; flock ${path} sleep 30 & ${wait(isLocked)}; kill -9 ${first.process.pid}; wait`;
	const second = spawn('sh', ['-c', swap], { stdio: 'ignore', detached: true });
	onTestFinished(() => void process.kill(-(second.pid ?? 0), 'SIGKILL'));
	expect(takeLock(path, 3000)).toEqual({ kind: 'busy' });
	expect(
		first.process.killed || first.process.exitCode !== null || (await once(first.process, 'exit')),
	).toBeTruthy();
});

test('locks on different files are independent', () => {
	const top = scratch();
	held(join(top, 'one'));
	held(join(top, 'two'));
});

test('does not follow a link at the lock’s path', () => {
	const top = scratch();
	symlinkSync(join(top, 'elsewhere'), join(top, 'lock'));
	let errno = '';
	try {
		takeLock(join(top, 'lock'), 0);
	} catch (thrown) {
		errno = errnoOf(thrown);
	}
	expect(errno).toBe('ELOOP');
	expect(existsSync(join(top, 'elsewhere'))).toBe(false);
});
