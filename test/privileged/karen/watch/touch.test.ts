import { describe, expect, test } from 'vitest';
import { type Stamp, stampOf } from '../../../../src/model/signal/signal.ts';
import { byTime, type FileTimes, isSettled, isTouch } from '../../../../src/privileged/karen/watch/touch.ts';

const MS = 1_000_000n;
const file: FileTimes = {
	ino: 7n,
	size: 3n,
	atimeNs: 1000n * MS,
	mtimeNs: 1000n * MS,
	ctimeNs: 1000n * MS,
	birthtimeNs: 1n,
};
const stamp = (change: Partial<FileTimes> = {}): Stamp => stampOf({ ...file, ...change });

describe('isTouch', () => {
	test.each<[string, Stamp | undefined, Partial<FileTimes>, boolean]>([
		['a new file', undefined, {}, true],
		['nothing changed', stamp(), {}, false],
		['written', stamp(), { mtimeNs: 2000n * MS, ctimeNs: 2000n * MS }, true],
		['written, same size, clock set back', stamp(), { mtimeNs: 10n * MS, ctimeNs: 10n * MS }, true],
		['utimes to the past', stamp(), { mtimeNs: 10n * MS, ctimeNs: 2000n * MS }, true],
		['another inode with the same times (rename over)', stamp(), { ino: 8n }, true],
		['another size in the same tick', stamp(), { size: 4n }, true],
		[
			'utimes to now twice in one millisecond',
			stamp({ ctimeNs: 1000n * MS + 20n }),
			{ ctimeNs: 1000n * MS + 90n },
			true,
		],
		['utimes to a moment ago', stamp(), { ctimeNs: 1050n * MS }, true],
		[
			'utimes to a moment ahead',
			stamp({ mtimeNs: 1050n * MS }),
			{ mtimeNs: 1050n * MS, ctimeNs: 1001n * MS },
			true,
		],
		['chown a second later', stamp(), { ctimeNs: 2000n * MS }, false],
		['chown a year later', stamp(), { ctimeNs: 1000n * MS * 31_536_000n }, false],
		[
			'chown with the clock set back',
			stamp({ mtimeNs: 5000n * MS, ctimeNs: 5000n * MS }),
			{ mtimeNs: 5000n * MS, ctimeNs: 100n * MS },
			false,
		],
	])('%s: %#', (_what, before, change, expected) => {
		expect(isTouch(before, stamp(change))).toBe(expected);
	});
});

describe('isSettled', () => {
	const empty: FileTimes = { ...file, size: 0n };
	test.each<[string, FileTimes, boolean]>([
		['written', file, true],
		['empty, touched', empty, true],
		['empty, just created', { ...empty, birthtimeNs: empty.mtimeNs }, false],
		['empty, just truncated', { ...empty, atimeNs: 5n * MS }, false],
		[
			'empty, created and renamed into place',
			{ ...empty, birthtimeNs: empty.mtimeNs, ctimeNs: 1001n * MS },
			true,
		],
		['written, just created', { ...file, birthtimeNs: file.mtimeNs }, true],
	])('%s', (_what, times, expected) => {
		expect(isSettled(times, 'fine')).toBe(expected);
	});

	test('is never true at the first scan with coarse times', () => {
		expect(isSettled(file, 'coarse')).toBe(false);
	});
});

test('byTime orders by ctime, numerically', () => {
	const stamps = [stamp({ ctimeNs: 1000n }), stamp({ ctimeNs: 999n }), stamp({ ctimeNs: 10_000n })];
	expect(stamps.sort(byTime)).toEqual([
		stamp({ ctimeNs: 999n }),
		stamp({ ctimeNs: 1000n }),
		stamp({ ctimeNs: 10_000n }),
	]);
});
