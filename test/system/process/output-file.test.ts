/** The file that captures output: bounded, and it always contains the last lines. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync, symlinkSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { OutputFile } from '../../../src/system/process/output-file.ts';
import { scratch } from '../../scratch.ts';

const LIMIT = 1000;

function open(): { readonly path: string; readonly file: OutputFile } {
	const path = join(scratch(), 'log');
	return { path, file: new OutputFile(path, LIMIT) };
}

test('keeps output below the limit unchanged', () => {
	const { path, file } = open();
	spawnSync('sh', ['-c', 'echo out; echo err >&2'], { stdio: ['ignore', file.fd, file.fd] });
	file.trim();
	expect(readFileSync(path, 'utf8')).toBe('out\nerr\n');
	expect(file.tail(4)).toBe('err\n');
	file.close();
});

test('keeps the end of output above the limit, and says how much was left out', () => {
	const { path, file } = open();
	writeSync(file.fd, 'x'.repeat(5000));
	writeSync(file.fd, 'last words\n');
	file.trim();
	const text = readFileSync(path, 'utf8');
	expect(text).toMatch(/^\[4511 bytes left out\]\nx{489}last words\n$/);
	expect(statSync(path).size).toBeLessThanOrEqual(LIMIT);
	file.close();
});

test('counts the bytes left out by every cut, and never exceeds the limit', () => {
	const { path, file } = open();
	let written = 0;
	for (let round = 0; round < 50; round += 1) {
		written += writeSync(file.fd, `${round}`.padStart(400, '.'));
		file.trim();
		expect(statSync(path).size).toBeLessThanOrEqual(LIMIT);
	}
	const text = readFileSync(path, 'utf8');
	const notes = /^\[(\d+) bytes left out\]\n/.exec(text);
	expect(Number(notes?.[1])).toBeGreaterThan(written - 2 * LIMIT);
	expect(file.tail(2)).toBe('49');
	file.close();
});

test('a program continues to append after a cut', () => {
	const { path, file } = open();
	writeSync(file.fd, 'x'.repeat(3000));
	file.trim();
	spawnSync('sh', ['-c', 'echo later'], { stdio: ['ignore', file.fd, file.fd] });
	expect(readFileSync(path, 'utf8')).toMatch(/x\nlater\n$|xlater\n$/);
	file.close();
});

test('output printed during a cut keeps its order below the note, with its last lines', async () => {
	const { path, file } = open();
	// Line by line: the cut loses whole lines, or the part of one behind a page boundary.
	const printing = 'stdbuf -oL seq -f %.0f 100000 400000; sleep 1; echo last words';
	const program = spawn('sh', ['-c', printing], { stdio: ['ignore', file.fd, file.fd] });
	let isOver = false;
	const over = once(program, 'exit').then(() => (isOver = true));
	while (!isOver) {
		await setImmediate();
		file.trim();
		const [note = '', , ...printed] = readFileSync(path, 'utf8').split('\n').slice(0, -1);
		if (note === '' || note === '100000') continue;
		expect(note).toMatch(/^\[\d+ bytes left out\]$/);
		const lines = printed.filter((line) => line.length === 6);
		expect(lines.join() === lines.toSorted().join(), 'lines in their order').toBe(true);
	}
	await over;
	file.trim();
	expect(file.tail(11)).toBe('last words\n');
	file.close();
});

test('appends to an existing file', () => {
	const { path, file } = open();
	writeSync(file.fd, 'first\n');
	file.close();
	const again = new OutputFile(path, LIMIT);
	writeSync(again.fd, 'second\n');
	expect(again.tail(100)).toBe('first\nsecond\n');
	expect(statSync(path).mode & 0o777).toBe(0o600);
	again.close();
});

test('does not follow a link at its path', () => {
	const dir = scratch();
	writeFileSync(join(dir, 'precious'), 'precious');
	symlinkSync('precious', join(dir, 'log'));
	expect(() => new OutputFile(join(dir, 'log'), LIMIT)).toThrow(/ELOOP/);
	expect(readFileSync(join(dir, 'precious'), 'utf8')).toBe('precious');
});
