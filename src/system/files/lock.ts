/**
 * Kernel locks, which end with their process, so no lock is ever stale. `flock(1)` of util-linux locks a
 * descriptor that it shares with this process; it exits at once, and the lock stays with our descriptor.
 */
import { closeSync, constants, fstatSync, lstatSync, openSync } from 'node:fs';
import { problem } from '../../model/base/error.ts';
import { runSync } from '../process/run-sync.ts';

export interface Lock {
	/**
	 * Returns whether the locked file is still the one at the path. A removed file excludes no other process.
	 */
	isInPlace(): boolean;
	release(): void;
}

export type LockResult = { readonly kind: 'held'; readonly lock: Lock } | { readonly kind: 'busy' };

const BUSY = 75;
/** How often to retry when the file was removed while it was being locked. */
const TRIES = 5;

/**
 * Takes the lock on the file at `path`, waiting at most `wait` milliseconds (0: not at all). The file stays
 * when the lock is released, because removing it would let two processes hold the same lock.
 */
export function takeLock(path: string, wait: number): LockResult {
	const end = performance.now() + wait;
	for (let tries = 0; tries < TRIES; tries++) {
		const taken = lockOnce(path, Math.max(0, Math.round(end - performance.now())));
		if (taken.kind === 'busy' || taken.lock.isInPlace()) return taken;
		taken.lock.release();
	}
	return { kind: 'busy' };
}

function lockOnce(path: string, wait: number): LockResult {
	const { O_RDWR, O_CREAT, O_NOFOLLOW } = constants;
	const fd = openSync(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0o600);
	const patience = wait === 0 ? ['--nonblock'] : ['--timeout', (wait / 1000).toFixed(3)];
	const end = runSync({
		program: 'flock',
		args: [...patience, '--conflict-exit-code', String(BUSY), '3'],
		descriptors: [fd],
		timeout: wait + 10_000,
		env: { PATH: '/usr/local/bin:/usr/bin:/bin' },
	});
	const code = end.kind === 'exited' ? end.code : undefined;
	if (code === 0)
		return { kind: 'held', lock: { isInPlace: () => isFileAt(path, fd), release: () => closeSync(fd) } };
	closeSync(fd);
	if (code === BUSY) return { kind: 'busy' };
	throw problem(
		'tool-missing',
		'cannot take a lock: flock did not run',
		'install util-linux, which brings flock',
		{
			facts: { path, status: end.kind === 'exited' ? String(end.code) : end.why },
		},
	);
}

function isFileAt(path: string, fd: number): boolean {
	const there = lstatSync(path, { throwIfNoEntry: false });
	const ours = fstatSync(fd);
	return there !== undefined && there.ino === ours.ino && there.dev === ours.dev;
}
