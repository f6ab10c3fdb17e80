import {
	chmodSync,
	mkdirSync,
	mkdtempSync,
	renameSync,
	rmSync,
	statSync,
	symlinkSync,
	utimesSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type SignalName, type Stamp, stampOf } from '../../../../src/model/signal/signal.ts';
import {
	type ScanResult,
	type Sighting,
	SignalScanner,
} from '../../../../src/privileged/karen/watch/scanner.ts';
import type { DirectoryResult } from '../../../../src/privileged/karen/watch/signals-directory.ts';
import { probeTimeGrain } from '../../../../src/privileged/karen/watch/time-grain.ts';
import type { TimeGrain } from '../../../../src/privileged/karen/watch/touch.ts';

let dir: string;
let signals: string;
let now: number;

beforeEach(() => {
	dir = mkdtempSync(join(tmpdir(), 'scanner-'));
	signals = join(dir, 'signals');
	mkdirSync(signals);
	now = 1000;
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const clock = { now: () => Date.now(), monotonic: () => now, sleep: async () => undefined };
const scan = (known: Sighting[] = [], grain: TimeGrain = 'fine') =>
	new SignalScanner(signals, known, grain, clock);
const ring = (name: string, text = 'x') => writeFileSync(join(signals, name), text);
const stamp = (name: string): Stamp => stampOf(statSync(join(signals, name), { bigint: true }));
const changedAt = (name: string) => statSync(join(signals, name), { bigint: true }).ctimeNs;
const names = (looked: DirectoryResult<ScanResult>) =>
	looked.kind === 'value' ? looked.value.touched.map(({ name }) => name) : looked.kind;

describe('scan', () => {
	test('reports a touch once', () => {
		const scanner = scan();
		ring('a');
		expect(names(scanner.scan())).toEqual(['a']);
		expect(names(scanner.scan())).toEqual([]);
		ring('a');
		expect(names(scanner.scan())).toEqual(['a']);
	});

	test('reports signals in the order of their touches', () => {
		const scanner = scan();
		let before = 0n;
		for (const name of ['c', 'a', 'd', 'b']) {
			// New files get the time of the last kernel tick, so each is touched until that time has advanced.
			do ring(name);
			while (changedAt(name) <= before);
			before = changedAt(name);
		}
		expect(names(scanner.scan())).toEqual(['c', 'a', 'd', 'b']);
	});

	test('does not report known touches', () => {
		ring('a');
		ring('b');
		expect(names(scan([{ name: 'a' as SignalName, stamp: stamp('a') }]).scan())).toEqual(['b']);
	});

	test('reports a removed signal once, and again after it returns', () => {
		const scanner = scan();
		ring('a');
		scanner.scan();
		rmSync(join(signals, 'a'));
		expect(scanner.scan()).toMatchObject({ value: { removed: ['a'], touched: [] } });
		expect(scanner.scan()).toMatchObject({ value: { removed: [] } });
		ring('a');
		expect(names(scanner.scan())).toEqual(['a']);
	});

	test('ignores a late change of mode', () => {
		const scanner = scan();
		ring('a');
		utimesSync(join(signals, 'a'), 1, 1);
		scanner.scan();
		chmodSync(join(signals, 'a'), 0o600);
		expect(names(scanner.scan())).toEqual([]);
		ring('a');
		expect(names(scanner.scan())).toEqual(['a']);
	});

	test('reports refused names once per touch, and hidden names never', () => {
		const scanner = scan();
		for (const name of ['..a', '.hidden', 'a b', 'new\nline', 'x'.repeat(101), '-rf', 'a..b', 'ü'])
			ring(name);
		const refusedIn = (looked: DirectoryResult<ScanResult>) =>
			looked.kind === 'value' ? [...looked.value.refused].sort() : looked.kind;
		expect(refusedIn(scanner.scan())).toEqual(['-rf', 'a b', 'a..b', 'new\nline', 'x'.repeat(101), 'ü']);
		expect(refusedIn(scanner.scan())).toEqual([]);
		ring('a b', 'again');
		expect(refusedIn(scanner.scan())).toEqual(['a b']);
	});

	test('reports names that are not UTF-8', () => {
		writeFileSync(Buffer.concat([Buffer.from(`${signals}/`), Buffer.from([0xff, 0xfe])]), '');
		expect(scan().scan()).toMatchObject({ value: { refused: ['\uFFFD\uFFFD'] } });
	});

	test('finds no signals in a missing or linked directory', () => {
		const scanner = scan();
		renameSync(signals, `${signals}.old`);
		expect(scanner.scan().kind).toBe('missing');
		symlinkSync(`${signals}.old`, signals);
		expect(scanner.scan().kind).toBe('refused');
		rmSync(signals);
		writeFileSync(signals, '');
		expect(scanner.scan().kind).toBe('refused');
	});
});

describe('an empty new file', () => {
	test('counts after it stayed the same for a moment', () => {
		const scanner = scan();
		ring('a', '');
		expect(scanner.scanSignal('a')).toMatchObject({ value: { touched: [], again: 'soon' } });
		now += 5;
		expect(scanner.scan()).toMatchObject({ value: { touched: [], again: 'soon' } });
		now += 10;
		expect(scanner.scan()).toMatchObject({ value: { touched: [{ name: 'a' }], again: 'when-woken' } });
	});

	test('counts at once after a write', () => {
		const scanner = scan();
		ring('a', '');
		scanner.scanSignal('a');
		ring('a', 'payload');
		expect(names(scanner.scanSignal('a'))).toEqual(['a']);
		now += 100;
		expect(scanner.scan()).toMatchObject({ value: { touched: [], again: 'when-woken' } });
	});

	test('is forgotten when removed', () => {
		const scanner = scan();
		ring('a', '');
		scanner.scanSignal('a');
		rmSync(join(signals, 'a'));
		expect(scanner.scan()).toMatchObject({ value: { again: 'when-woken' } });
	});
});

test('waits for every touch if file times are coarse', () => {
	const scanner = scan([], 'coarse');
	ring('a');
	expect(names(scanner.scanSignal('a'))).toEqual([]);
	now += 20;
	expect(names(scanner.scan())).toEqual(['a']);
});

describe('scanSignal', () => {
	test.each(['../signals/a', '/etc/passwd', '.hidden', '', 'a/b', 'gone'])('%s is left alone', (name) => {
		ring('a');
		expect(scan().scanSignal(name)).toMatchObject({ value: { touched: [] } });
	});
});

describe('refreshStamp', () => {
	test('returns the current stamp and marks its touch as reported', () => {
		const scanner = scan();
		ring('a');
		const looked = scanner.scan();
		const [seen] = looked.kind === 'value' ? looked.value.touched : [];
		ring('a', 'later');
		expect(seen && scanner.refreshStamp(seen)).toEqual({ kind: 'value', value: stamp('a') });
		expect(names(scanner.scan())).toEqual([]);
	});

	test('keeps the old stamp of a file that is being written', () => {
		const scanner = scan();
		ring('a');
		const looked = scanner.scan();
		const [seen] = looked.kind === 'value' ? looked.value.touched : [];
		ring('a', '');
		expect(seen && scanner.refreshStamp(seen)).toEqual({ kind: 'value', value: seen?.stamp });
		ring('a', 'payload');
		expect(names(scanner.scan())).toEqual(['a']);
	});

	test('reports a removed file', () => {
		expect(scan().refreshStamp({ name: 'a' as SignalName, stamp: '1:1:1:1' as Stamp })).toEqual({
			kind: 'value',
			value: 'gone',
		});
	});
});

test('markAllSeen marks all signals as seen', () => {
	ring('a');
	ring('b', '');
	ring('a b');
	const scanner = scan();
	expect(
		scanner
			.markAllSeen()
			.map(({ name }) => name)
			.sort(),
	).toEqual(['a', 'b']);
	expect(names(scanner.scan())).toEqual([]);
});

test('measures the time grain, and assumes coarse on another file system', () => {
	expect(['fine', 'coarse']).toContain(probeTimeGrain(signals, dir));
	expect(probeTimeGrain('/proc', dir)).toBe('coarse');
});
