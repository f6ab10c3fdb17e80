/**
 * Loaded before a program of ours, to kill it with SIGKILL at one exact point: right before it writes the
 * text of DIE_BEFORE, or when what holds the text of DIE_AFTER is on disk, DIE_SYNCS syncs later (1: the file
 * itself, 2: also its directory).
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const before = process.env['DIE_BEFORE'] ?? '';
const after = process.env['DIE_AFTER'] ?? '';
let syncs = Number(process.env['DIE_SYNCS'] ?? '1');
let isWritten = false;

/** Arguments of a write to a place of its own: offset, length, position. */
const PLACED = 3;

const { writeSync, fsyncSync } = fs;

function die(): void {
	process.kill(process.pid, 'SIGKILL');
}

fs.writeSync = ((fd: number, data: string | Uint8Array, ...rest: number[]) => {
	// A journal that is taken up is written again in its place: what stands in it was written before.
	if (rest.length === PLACED) return writeSync(fd, data as Uint8Array, ...rest);
	const text = Buffer.from(data).toString('utf8');
	if (before !== '' && text.includes(before)) die();
	if (after !== '' && text.includes(after)) isWritten = true;
	return writeSync(fd, data as Uint8Array, ...rest);
}) as typeof fs.writeSync;

fs.fsyncSync = (fd) => {
	fsyncSync(fd);
	if (isWritten) syncs -= 1;
	if (syncs === 0) die();
};

syncBuiltinESMExports();
