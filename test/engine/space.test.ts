/** The disk space that a change needs. */
import { describe, expect, test } from 'vitest';
import {
	bytesOnDisk,
	type Disks,
	largestPlan,
	partsOfRollback,
	partsOfUpdate,
	type Sized,
	type SizedRelease,
	spacePlan,
	worstShortfall,
} from '../../src/engine/space.ts';

const KB = 1024;
const MB = 1024 * KB;

const disk = (free: number, device = 1) => ({ device, block: 4 * KB, free });
const oneDisk = (free: number): Disks => ({ root: disk(free), state: disk(free), spare: 16 * MB });
const twoDisks = (root: number, state: number): Disks => ({
	root: disk(root),
	state: disk(state, 2),
	spare: 16 * MB,
});
const tree = (count: number, size: number): readonly Sized[] =>
	Array.from({ length: count }, (_, index) => ({ path: `dir/${index}`, size }));

/** A release whose bytes are in the store. */
const here = (entries: readonly Sized[]): SizedRelease => ({ entries, pending: [] });

test.each<[string, readonly Sized[], number]>([
	['nothing', [], 0],
	['an empty file', [{ path: 'a', size: 0 }], 0],
	['a file of one byte', [{ path: 'a', size: 1 }], 4 * KB],
	['a file of one block', [{ path: 'a', size: 4 * KB }], 4 * KB],
	['a file of one block and a byte', [{ path: 'a', size: 4 * KB + 1 }], 8 * KB],
	[
		'a directory, named and filled',
		[
			{ path: 'a/', size: 0 },
			{ path: 'a/b', size: 1 },
		],
		8 * KB,
	],
	[
		'directories that are only told by what is in them',
		[
			{ path: 'a/b/c', size: 1 },
			{ path: 'a/b/d', size: 1 },
			{ path: 'a/e/f', size: 1 },
		],
		24 * KB,
	],
	['a thousand files of ten bytes', tree(1000, 10), 1001 * 4 * KB],
])('%s on a disk of 4 KB blocks', (_, files, bytes) => {
	expect(bytesOnDisk(files, 4 * KB)).toBe(bytes);
});

describe('an update', () => {
	const old = tree(10, MB);
	const young = tree(25, MB);

	test('counts the staged release, two copies of the installed one, and the growth', () => {
		const parts = partsOfUpdate({ managed: old, data: [], release: here(young) }, oneDisk(0));
		expect(parts).toMatchObject({
			store: 0,
			staging: 25 * MB + 4 * KB,
			hooks: 10 * MB + 4 * KB,
			growth: 15 * MB,
		});
		expect(parts.backup).toBeGreaterThan(10 * MB);
		expect(parts.backup).toBeLessThan(11 * MB);
	});

	test('counts no negative growth for a smaller release', () => {
		expect(partsOfUpdate({ managed: young, data: [], release: here(old) }, oneDisk(0)).growth).toBe(0);
	});

	test('counts a release with unknown contents as large as the installed one, in the store too', () => {
		const parts = partsOfUpdate({ managed: old, data: [], release: undefined }, oneDisk(0));
		expect(parts).toMatchObject({ store: 10 * MB, staging: parts.hooks, growth: 0 });
	});

	test('counts the growth of the store in blocks of its own disk', () => {
		const archive = { path: 'aa/archive', size: 7 * MB };
		const release = { entries: young, pending: [archive, { path: 'bb/file', size: 1 }] };
		expect(partsOfUpdate({ managed: old, data: [], release }, twoDisks(0, 0)).store).toBe(
			7 * MB + 3 * 4 * KB,
		);
	});

	test('counts a copy of the named data', () => {
		const without = partsOfUpdate({ managed: old, data: [], release: here(young) }, oneDisk(0));
		const named = partsOfUpdate({ managed: old, data: tree(100, MB), release: here(young) }, oneDisk(0));
		expect(named.backup - without.backup).toBeGreaterThanOrEqual(100 * MB);
		expect({ ...named, backup: 0 }).toEqual({ ...without, backup: 0 });
	});
});

test('counts a backup and the growth of a rollback by hand', () => {
	const sizes = { managed: tree(10, MB), data: tree(1, MB), entries: tree(13, MB) };
	const parts = partsOfRollback(sizes, oneDisk(0));
	expect(parts).toMatchObject({ store: 0, staging: 0, hooks: 0, growth: 2 * MB });
	expect(parts.backup).toBeGreaterThan(11 * MB);
});

describe('a plan', () => {
	const parts = { store: 1 * MB, staging: 20 * MB, backup: 10 * MB, hooks: 9 * MB, growth: 4 * MB };

	test.each<[string, Disks, readonly object[], string]>([
		[
			'one disk',
			oneDisk(60 * MB),
			[{ holds: ['root', 'state'], need: 44 * MB, spare: 16 * MB, free: 60 * MB }],
			'fits',
		],
		['one disk that lacks a byte', oneDisk(60 * MB - 1), [{ need: 44 * MB }], 'does-not-fit'],
		[
			'two disks',
			twoDisks(49 * MB, 27 * MB),
			[
				{ holds: ['root'], need: 33 * MB },
				{ holds: ['state'], need: 11 * MB },
			],
			'fits',
		],
		[
			'two disks, the root’s too small',
			twoDisks(49 * MB - 1, 27 * MB),
			[{ need: 33 * MB }, { need: 11 * MB }],
			'does-not-fit',
		],
		[
			'two disks, the state’s too small',
			twoDisks(49 * MB, 27 * MB - 1),
			[{ need: 33 * MB }, { need: 11 * MB }],
			'does-not-fit',
		],
	])('on %s', (_, disks, places, verdict) => {
		const plan = spacePlan('v1.1.0', 'release', parts, disks);
		expect(plan).toMatchObject({ places, verdict });
		expect(worstShortfall(plan) === undefined).toBe(verdict === 'fits');
	});

	test('names the file system with the largest shortfall', () => {
		expect(worstShortfall(spacePlan('v1.1.0', 'release', parts, twoDisks(MB, 0)))).toMatchObject({
			holds: ['root'],
		});
	});

	test('of a path is the plan of its largest release', () => {
		const plans = [4, 9, 7].map((size) =>
			spacePlan(`v1.${size}.0`, 'release', { ...parts, staging: size * MB }, oneDisk(0)),
		);
		expect(largestPlan(plans)?.tag).toBe('v1.9.0');
		expect(largestPlan([])).toBeNull();
	});
});
