/** git's progress lines as they arrive through the pipe. */
import { expect, test } from 'vitest';
import { type GitProgress, progressReader } from '../../../src/system/git/progress.ts';

function read(...pieces: readonly string[]): readonly GitProgress[] {
	const told: GitProgress[] = [];
	const reader = progressReader((progress) => told.push(progress));
	for (const piece of pieces) reader(piece);
	return told;
}

test.each([
	['Receiving objects:  45% (9/20), 12.34 MiB | 3.20 MiB/s\r', 45, 12_939_428],
	['Receiving objects: 100% (20/20), 900 bytes | 900.00 KiB/s, done.\n', 100, 900],
	['Receiving objects: 100% (20/20), 1.50 KiB | 1.00 KiB/s, done.\n', 100, 1536],
	['Receiving objects: 100% (20/20), 2.00 GiB | 1.00 MiB/s, done.\n', 100, 2 ** 31],
	['Receiving objects:   5% (1/20)\r', 5, 0],
])('reads percent and bytes of %j', (line, percent, bytes) => {
	expect(read(line)).toEqual([{ percent, bytes }]);
});

test('joins lines that are split between two pieces', () => {
	expect(read('remote: Counting\r\nReceiving obj', 'ects:  50% (1/2), 1.00 MiB | 1 MiB/s\rRecei')).toEqual([
		{ percent: 50, bytes: 1024 ** 2 },
	]);
});

test('keeps the last size if a line has none', () => {
	const told = read('Receiving objects:  50% (1/2), 1.00 MiB | 1 MiB/s\r', 'Receiving objects:  60% (1/2)\r');
	expect(told.at(-1)).toEqual({ percent: 60, bytes: 1024 ** 2 });
});

test('ignores messages of the remote', () => {
	expect(read('remote: Receiving objects: 999% (1/2), 1.00 GiB\r', `${'x'.repeat(5000)}\n`)).toEqual([]);
});
