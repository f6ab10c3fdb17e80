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

/** Every wait of these tests ends by then, in milliseconds. */
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

/** Starts watching and waits until the kernel tells. */
async function start(): Promise<void> {
	watch = watchDirectory(signals, {
		hint: (name) => hints.push(name),
		lost: (error) => expect.unreachable(String(error)),
	});
	await vi.waitFor(() => expect(hints).toContain(undefined), LIMIT);
	hints.length = 0;
}

const hinted = (name: string | undefined) => vi.waitFor(() => expect(hints).toContain(name), LIMIT);

/** Whatever the watcher still has to tell comes before the hint of this change. */
async function settled(): Promise<void> {
	writeFileSync(join(signals, 'marker'), '');
	await hinted('marker');
}

describe('a change of an entry is told by its name', () => {
	test.each<[string, () => void]>([
		['made', () => writeFileSync(join(signals, 'new'), '')],
		['written', () => writeFileSync(join(signals, 'old'), 'more')],
		['appended to', () => appendFileSync(join(signals, 'old'), 'more')],
		['touched', () => utimesSync(join(signals, 'old'), new Date(), new Date())],
		['renamed over', () => renameSync(join(dir, 'outside'), join(signals, 'old'))],
		['removed', () => rmSync(join(signals, 'old'))],
		['its mode', () => chmodSync(join(signals, 'old'), 0o600)],
	])('%s', async (what, change) => {
		mkdirSync(signals);
		writeFileSync(join(signals, 'old'), 'old');
		writeFileSync(join(dir, 'outside'), '');
		await start();
		change();
		await hinted(what === 'made' ? 'new' : 'old');
	});

	test('two thousand one after the other, none lost', async () => {
		mkdirSync(signals);
		await start();
		for (let index = 0; index < 2000; index++) writeFileSync(join(signals, `n${index}`), '');
		await vi.waitFor(() => expect(new Set(hints).size).toBeGreaterThanOrEqual(2000), LIMIT);
	});
});

test('a read is no change', async () => {
	mkdirSync(signals);
	writeFileSync(join(signals, 'old'), 'old');
	await start();
	readFileSync(join(signals, 'old'));
	readdirSync(signals);
	await settled();
	expect(hints.filter((name) => name !== 'marker')).toEqual([]);
});

test('what happens beside it is no change', async () => {
	mkdirSync(signals);
	await start();
	writeFileSync(join(dir, 'neighbour'), '');
	await settled();
	expect(hints.filter((name) => name !== 'marker')).toEqual([]);
});

describe('the directory itself', () => {
	test.each<[string, () => void]>([
		['made after the start', () => mkdirSync(signals)],
		[
			'removed and made anew',
			() => {
				rmSync(signals, { recursive: true });
				mkdirSync(signals);
			},
		],
		[
			'renamed away, another one in its place',
			() => {
				renameSync(signals, `${signals}.old`);
				mkdirSync(signals);
			},
		],
		[
			'replaced by a link, and by a directory again',
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
	])('%s: it is told, and watched again', async (what, change) => {
		if (what !== 'made after the start') mkdirSync(signals);
		await start();
		change();
		await hinted(undefined);
		// The watch stands when a change is told by name; until then the caller looks after the hints without one.
		await vi.waitFor(() => {
			utimesSync(signals, new Date(), new Date());
			writeFileSync(join(signals, 'touched'), '');
			expect(hints).toContain('touched');
		}, LIMIT);
	});

	test('a link in its place is not followed', async () => {
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

	test('parent and all replaced: refresh finds it', async () => {
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

test('after close nothing is told', async () => {
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
