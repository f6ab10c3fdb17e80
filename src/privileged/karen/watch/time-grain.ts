/** How exact the times of files are here. Older kernels count them in ticks of up to 10 ms: two touches in one look like one. */
import { randomBytes } from 'node:crypto';
import { closeSync, fstatSync, openSync, statSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { TimeGrain } from './touch.ts';

/** Writes that follow each other this closely fall into one tick, where there are ticks. */
const TRIES = 16;

/**
 * Returns the grain of the times of files in `directory`, found by writing a hidden file in `beside`, which should be a directory
 * of ours on the same file system. Where it is on another one the answer is `coarse`, which costs time and loses nothing.
 */
export function probeTimeGrain(directory: string, beside: string): TimeGrain {
	const there = statSync(directory, { throwIfNoEntry: false });
	if (there !== undefined && there.dev !== statSync(beside).dev) return 'coarse';
	const path = join(beside, `.${randomBytes(9).toString('hex')}.tmp`);
	const fd = openSync(path, 'wx', 0o600);
	try {
		return everyWriteShows(fd) ? 'fine' : 'coarse';
	} finally {
		closeSync(fd);
		unlinkSync(path);
	}
}

function everyWriteShows(fd: number): boolean {
	const times = Array.from({ length: TRIES }, () => {
		writeSync(fd, '.', 0);
		return fstatSync(fd, { bigint: true }).mtimeNs;
	});
	return new Set(times).size === TRIES;
}
