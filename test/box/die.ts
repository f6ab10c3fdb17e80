/**
 * Loaded before a program of ours: kills it with SIGKILL right after the write that holds the text of DIE_AFTER is on disk.
 * DIE_TIMES counts down the writes that hold it (1: the first).
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const text = process.env['DIE_AFTER'] ?? '';
let left = Number(process.env['DIE_TIMES'] ?? '1');
let doomed: number | undefined;

const { writeSync, fsyncSync } = fs;

fs.writeSync = ((fd: number, data: Uint8Array, ...rest: number[]) => {
	const written = writeSync(fd, data, ...rest);
	if (text !== '' && Buffer.from(data).includes(text)) {
		left -= 1;
		if (left === 0) doomed = fd;
	}
	return written;
}) as typeof fs.writeSync;

fs.fsyncSync = (fd) => {
	fsyncSync(fd);
	if (fd === doomed) process.kill(process.pid, 'SIGKILL');
};

syncBuiltinESMExports();
