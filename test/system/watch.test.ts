import {
	appendFileSync,
	chmodSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	symlinkSync,
	utimesSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type DirectoryWatch, watchDirectory } from '../../src/system/watch.ts';

/** The limit of every wait in these tests, in milliseconds. */
const LIMIT = 60_000;

let dir: string;
let signals: string;
let watch: DirectoryWatch | undefined;
let hints: (string | undefined)[];

beforeEach(() => {
	dir = mkdtempSync(join(tmpdir(), 'watch-'));
	signals = join(dir, 'signals');
	hints = [];
});
afterEach(() => {
	watch?.close();
	rmSync(dir, { recursive: true, force: true });
});

/** Starts watching and waits until the kernel reports events. */
async function start(): Promise<void> {
	watch = watchDirectory(signals, {
		hint: (name) => hints.push(name),
		lost: (error) => expect.unreachable(String(error)),
	});
	await vi.waitFor(() => expect(hints).toContain(undefined), LIMIT);
	hints.length = 0;
}

const hinted = (name: string | undefined) => vi.waitFor(() => expect(hints).toContain(name), LIMIT);

/** Flushes the watcher: earlier events arrive before the hint of this change. */
async function settled(): Promise<void> {
	writeFileSync(join(signals, 'marker'), '');
	await hinted('marker');
}

describe('reports a changed entry by its name', () => {
	test.each<[string, () => void]>([
		['created', () => writeFileSync(join(signals, 'new'), '')],
		['written', () => writeFileSync(join(signals, 'old'), 'more')],
		['appended to', () => appendFileSync(join(signals, 'old'), 'more')],
		['touched', () => utimesSync(join(signals, 'old'), new Date(), new Date())],
		['renamed over', () => renameSync(join(dir, 'outside'), join(signals, 'old'))],
		['removed', () => rmSync(join(signals, 'old'))],
		['mode changed', () => chmodSync(join(signals, 'old'), 0o600)],
	])('%s', async (what, change) => {
		mkdirSync(signals);
		writeFileSync(join(signals, 'old'), 'old');
		writeFileSync(join(dir, 'outside'), '');
		await start();
		change();
		await hinted(what === 'created' ? 'new' : 'old');
	});

	test('two thousand changes in a row, none lost', async () => {
		mkdirSync(signals);
		await start();
		for (let index = 0; index < 2000; index++) writeFileSync(join(signals, `n${index}`), '');
		await vi.waitFor(() => expect(new Set(hints).size).toBeGreaterThanOrEqual(2000), LIMIT);
	});
});

test('reading a file is not a change', async () => {
	mkdirSync(signals);
	writeFileSync(join(signals, 'old'), 'old');
	await start();
	readFileSync(join(signals, 'old'));
	readdirSync(signals);
	await settled();
	expect(hints.filter((name) => name !== 'marker')).toEqual([]);
});

test('a change outside the directory is not reported', async () => {
	mkdirSync(signals);
	await start();
	writeFileSync(join(dir, 'neighbour'), '');
	await settled();
	expect(hints.filter((name) => name !== 'marker')).toEqual([]);
});

describe('the directory itself', () => {
	test.each<[string, () => void]>([
		['created after the start', () => mkdirSync(signals)],
		[
			'removed and recreated',
			() => {
				rmSync(signals, { recursive: true });
				mkdirSync(signals);
			},
		],
		[
			'renamed and replaced by another directory',
			() => {
				renameSync(signals, `${signals}.old`);
				mkdirSync(signals);
			},
		],
		[
			'replaced by a link, then by a directory',
			() => {
				rmSync(signals, { recursive: true });
				symlinkSync(dir, signals);
				rmSync(signals);
				mkdirSync(signals);
			},
		],
		[
			'recreated twenty times',
			() => {
				for (let index = 0; index < 20; index++) {
					rmSync(signals, { recursive: true });
					mkdirSync(signals);
				}
			},
		],
	])('%s: is reported and watched again', async (what, change) => {
		if (what !== 'created after the start') mkdirSync(signals);
		await start();
		change();
		await hinted(undefined);
		// The watch is in place once a change is reported by name; until then the caller handles hints without a
		// name.
		await vi.waitFor(() => {
			utimesSync(signals, new Date(), new Date());
			writeFileSync(join(signals, 'touched'), '');
			expect(hints).toContain('touched');
		}, LIMIT);
	});

	test('does not follow a link at its path', async () => {
		mkdirSync(join(dir, 'elsewhere'));
		mkdirSync(signals);
		await start();
		rmSync(signals, { recursive: true });
		symlinkSync(join(dir, 'elsewhere'), signals);
		await hinted(undefined);
		writeFileSync(join(dir, 'elsewhere/planted'), '');
		rmSync(signals);
		mkdirSync(signals);
		await vi.waitFor(() => {
			writeFileSync(join(signals, 'marker'), '');
			expect(hints).toContain('marker');
		}, LIMIT);
		expect(hints).not.toContain('planted');
	});

	test('refresh() finds a directory whose parent was replaced', async () => {
		const parent = join(dir, 'parent');
		signals = join(parent, 'signals');
		mkdirSync(signals, { recursive: true });
		await start();
		renameSync(parent, `${parent}.old`);
		mkdirSync(signals, { recursive: true });
		await vi.waitFor(() => {
			watch?.refresh();
			writeFileSync(join(signals, 'touched'), '');
			expect(hints).toContain('touched');
		}, LIMIT);
	});
});

test('reports nothing after close', async () => {
	mkdirSync(signals);
	await start();
	watch?.close();
	writeFileSync(join(signals, 'late'), '');
	watch?.refresh();
	const second: (string | undefined)[] = [];
	watch = watchDirectory(signals, { hint: (name) => second.push(name), lost: () => undefined });
	await vi.waitFor(() => expect(second).toContain(undefined), LIMIT);
	writeFileSync(join(signals, 'marker'), '');
	await vi.waitFor(() => expect(second).toContain('marker'), LIMIT);
	expect(hints).toEqual([]);
});
