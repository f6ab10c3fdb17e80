import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { compile } from '../../bench/peers/programs.ts';
import { monotonic, type Stamp } from '../../bench/peers/stamps.ts';
import { makeStation, signalPath, touch } from '../../bench/peers/station.ts';
import { makeWatcher, type Watcher } from '../../bench/peers/watcher.ts';

const ends: (() => void | Promise<void>)[] = [];
afterEach(async () => {
	for (const end of ends.splice(0).reverse()) await end();
});

function scratch(): string {
	const directory = mkdtempSync(join(tmpdir(), 'signalbox-test-'));
	ends.push(() => rmSync(directory, { recursive: true, force: true }));
	return directory;
}

test('a trigger stamps our own clock, its argument without the prefix, and its end where it lingers', async () => {
	const station = makeStation(join(scratch(), 'a'), compile(scratch()));
	ends.push(() => station.stamps.close());
	const before = monotonic();
	execFileSync(join(station.triggers, 'app'), ['app-0007']);
	execFileSync(join(station.triggers, 'brief'), ['0008']);
	expect(await station.stamps.until((all) => all.length === 3, 60_000)).toBe(true);
	const [first, second, third] = station.stamps.all;
	expect(first).toMatchObject({ what: 'start', name: '0007' });
	expect([second, third]).toMatchObject([
		{ what: 'start', name: '0008' },
		{ what: 'end', name: '0008', pid: second?.pid },
	]);
	expect(first?.at).toBeGreaterThan(before);
	expect(third?.at).toBeLessThan(monotonic());
	expect((third?.at ?? 0) - (second?.at ?? 0)).toBeGreaterThanOrEqual(50);
});

test('waiting has a limit, and says that nothing came', async () => {
	const station = makeStation(join(scratch(), 'a'), compile(scratch()));
	ends.push(() => station.stamps.close());
	expect(await station.stamps.until((all) => all.length > 0, 30)).toBe(false);
	expect(await station.stamps.quiet(20, 1000)).toBe(true);
});

test('the floor answers every touch once, and can be stopped and launched again', async () => {
	const watcher: Watcher = makeWatcher({ name: 'floor' }, scratch(), compile(scratch()), '/nowhere/karen');
	ends.push(() => watcher.close());
	for (const turn of [1, 2]) {
		watcher.launch();
		await watcher.ready();
		const { stamps } = watcher.station;
		touch(signalPath(watcher.station, 'app', `turn-${turn}`));
		// Being ready may have taken several touches, of which one may be answered late.
		const turns = (all: readonly Stamp[]) =>
			all.map((stamp) => stamp.name).filter((name) => name !== 'ready');
		expect(await stamps.until((all) => turns(all).length === turn, 60_000)).toBe(true);
		await stamps.quiet(100, 60_000);
		expect(turns(stamps.all)).toEqual(['turn-1', 'turn-2'].slice(0, turn));
		await watcher.stop();
		expect(watcher.pid()).toBeUndefined();
	}
});

test('a watcher that cannot start is an error that says why', async () => {
	const watcher = makeWatcher(
		{ name: 'karen', parallel: 1 },
		scratch(),
		compile(scratch()),
		join(scratch(), 'karen'),
	);
	ends.push(() => watcher.close());
	expect(() => watcher.launch()).toThrow(/did not start/);
});
