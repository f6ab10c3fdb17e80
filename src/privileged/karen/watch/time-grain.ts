/**
 * Measures the precision of file times. Older kernels use ticks of up to 10 ms, which merge two touches into
 * one.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, fstatSync, openSync, statSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { TimeGrain } from './touch.ts';

/** This many consecutive writes fall into one tick if the kernel uses ticks. */
const TRIES = 16;

/**
 * Returns the precision of file times in `directory`, measured with a temporary file in `beside`, a directory
 * of our own. Returns `coarse`, which is always safe but slower, if they are on different file systems.
 */
export function probeTimeGrain(directory: string, beside: string): TimeGrain {
	const there = statSync(directory, { throwIfNoEntry: false });
	if (there !== undefined && there.dev !== statSync(beside).dev) return 'coarse';
	const path = join(beside, `.${randomBytes(9).toString('hex')}.tmp`);
	const fd = openSync(path, 'wx', 0o600);
	try {
		return everyWriteChangesTime(fd) ? 'fine' : 'coarse';
	} finally {
		closeSync(fd);
		unlinkSync(path);
	}
}

function everyWriteChangesTime(fd: number): boolean {
	const times = Array.from({ length: TRIES }, () => {
		writeSync(fd, '.', 0);
		return fstatSync(fd, { bigint: true }).mtimeNs;
	});
	return new Set(times).size === TRIES;
}
