/**
 * Loaded before a program of ours, to keep what a kill would leave at each of many points of one run: when
 * what holds a text of RECORD_POINTS (a JSON array) is on disk, what lies in RECORD_FROM (a JSON array of
 * directories) is copied into RECORD_TO/INDEX. The program stands still meanwhile, so that the copy is what
 * a kill at that point would leave.
 */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const points: readonly string[] = JSON.parse(process.env['RECORD_POINTS'] ?? '[]');
const from: readonly string[] = JSON.parse(process.env['RECORD_FROM'] ?? '[]');
const to = process.env['RECORD_TO'] ?? '';
const reached = new Set<number>();

const { writeSync, fsyncSync } = fs;

fs.writeSync = ((fd: number, data: string | Uint8Array, ...rest: number[]) => {
	const text = Buffer.from(data).toString('utf8');
	for (const [index, point] of points.entries()) if (text.includes(point)) reached.add(index);
	return writeSync(fd, data as Uint8Array, ...rest);
}) as typeof fs.writeSync;

fs.fsyncSync = (fd) => {
	fsyncSync(fd);
	for (const index of reached) copyAs(index);
	reached.clear();
};

/** The first time counts: a kill there would have been the end. */
function copyAs(index: number): void {
	const copy = `${to}/${index}`;
	if (fs.existsSync(copy)) return;
	fs.mkdirSync(copy);
	execFileSync('cp', ['--archive', '--', ...from, copy]);
}

syncBuiltinESMExports();
