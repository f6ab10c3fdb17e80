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
import { type Look, type Sighting, SignalScanner } from '../../../../src/privileged/karen/watch/scanner.ts';
import type { Looked } from '../../../../src/privileged/karen/watch/signals-directory.ts';
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
const names = (looked: Looked<Look>) =>
	looked.kind === 'looked' ? looked.value.touched.map(({ name }) => name) : looked.kind;

describe('lookAtAll', () => {
	test('tells of a touch once', () => {
		const scanner = scan();
		ring('a');
		expect(names(scanner.lookAtAll())).toEqual(['a']);
		expect(names(scanner.lookAtAll())).toEqual([]);
		ring('a');
		expect(names(scanner.lookAtAll())).toEqual(['a']);
	});

	test('in the order of the touches', () => {
		const scanner = scan();
		let before = 0n;
		for (const name of ['c', 'a', 'd', 'b']) {
			// New files bear the time of the kernel's last tick, so each is rung until that has gone on.
			do ring(name);
			while (changedAt(name) <= before);
			before = changedAt(name);
		}
		expect(names(scanner.lookAtAll())).toEqual(['c', 'a', 'd', 'b']);
	});

	test('what was known before is not told of', () => {
		ring('a');
		ring('b');
		expect(names(scan([{ name: 'a' as SignalName, stamp: stamp('a') }]).lookAtAll())).toEqual(['b']);
	});

	test('what is gone is told of once, and told anew when it is back', () => {
		const scanner = scan();
		ring('a');
		scanner.lookAtAll();
		rmSync(join(signals, 'a'));
		expect(scanner.lookAtAll()).toMatchObject({ value: { removed: ['a'], touched: [] } });
		expect(scanner.lookAtAll()).toMatchObject({ value: { removed: [] } });
		ring('a');
		expect(names(scanner.lookAtAll())).toEqual(['a']);
	});

	test('another mode, a long time after, is no touch', () => {
		const scanner = scan();
		ring('a');
		utimesSync(join(signals, 'a'), 1, 1);
		scanner.lookAtAll();
		chmodSync(join(signals, 'a'), 0o600);
		expect(names(scanner.lookAtAll())).toEqual([]);
		ring('a');
		expect(names(scanner.lookAtAll())).toEqual(['a']);
	});

	test('refused names are told of once a touch, hidden ones never', () => {
		const scanner = scan();
		for (const name of ['..a', '.hidden', 'a b', 'new\nline', 'x'.repeat(101), '-rf', 'a..b', 'ü'])
			ring(name);
		const refusedIn = (looked: Looked<Look>) =>
			looked.kind === 'looked' ? [...looked.value.refused].sort() : looked.kind;
		expect(refusedIn(scanner.lookAtAll())).toEqual(['-rf', 'a b', 'a..b', 'new\nline', 'x'.repeat(101), 'ü']);
		expect(refusedIn(scanner.lookAtAll())).toEqual([]);
		ring('a b', 'again');
		expect(refusedIn(scanner.lookAtAll())).toEqual(['a b']);
	});

	test('a name that is not UTF-8 is told of', () => {
		writeFileSync(Buffer.concat([Buffer.from(`${signals}/`), Buffer.from([0xff, 0xfe])]), '');
		expect(scan().lookAtAll()).toMatchObject({ value: { refused: ['\uFFFD\uFFFD'] } });
	});

	test('missing, or a link: no signals', () => {
		const scanner = scan();
		renameSync(signals, `${signals}.old`);
		expect(scanner.lookAtAll().kind).toBe('missing');
		symlinkSync(`${signals}.old`, signals);
		expect(scanner.lookAtAll().kind).toBe('refused');
		rmSync(signals);
		writeFileSync(signals, '');
		expect(scanner.lookAtAll().kind).toBe('refused');
	});
});

describe('an empty file that was just made', () => {
	test('counts when it stood a moment', () => {
		const scanner = scan();
		ring('a', '');
		expect(scanner.lookAt('a')).toMatchObject({ value: { touched: [], again: 'soon' } });
		now += 5;
		expect(scanner.lookAtAll()).toMatchObject({ value: { touched: [], again: 'soon' } });
		now += 10;
		expect(scanner.lookAtAll()).toMatchObject({ value: { touched: [{ name: 'a' }], again: 'when-woken' } });
	});

	test('counts at once when it was written to in between', () => {
		const scanner = scan();
		ring('a', '');
		scanner.lookAt('a');
		ring('a', 'payload');
		expect(names(scanner.lookAt('a'))).toEqual(['a']);
		now += 100;
		expect(scanner.lookAtAll()).toMatchObject({ value: { touched: [], again: 'when-woken' } });
	});

	test('is forgotten when it is removed', () => {
		const scanner = scan();
		ring('a', '');
		scanner.lookAt('a');
		rmSync(join(signals, 'a'));
		expect(scanner.lookAtAll()).toMatchObject({ value: { again: 'when-woken' } });
	});
});

test('where times are coarse every touch stands a moment before it counts', () => {
	const scanner = scan([], 'coarse');
	ring('a');
	expect(names(scanner.lookAt('a'))).toEqual([]);
	now += 20;
	expect(names(scanner.lookAtAll())).toEqual(['a']);
});

describe('lookAt', () => {
	test.each(['../signals/a', '/etc/passwd', '.hidden', '', 'a/b', 'gone'])('%s is left alone', (name) => {
		ring('a');
		expect(scan().lookAt(name)).toMatchObject({ value: { touched: [] } });
	});
});

describe('lookAgain', () => {
	test('returns the present stamp, and the touch it bears is not told of any more', () => {
		const scanner = scan();
		ring('a');
		const looked = scanner.lookAtAll();
		const [seen] = looked.kind === 'looked' ? looked.value.touched : [];
		ring('a', 'later');
		expect(seen && scanner.lookAgain(seen)).toEqual({ kind: 'looked', value: stamp('a') });
		expect(names(scanner.lookAtAll())).toEqual([]);
	});

	test('keeps the old stamp of a file that is being written: what comes is told of', () => {
		const scanner = scan();
		ring('a');
		const looked = scanner.lookAtAll();
		const [seen] = looked.kind === 'looked' ? looked.value.touched : [];
		ring('a', '');
		expect(seen && scanner.lookAgain(seen)).toEqual({ kind: 'looked', value: seen?.stamp });
		ring('a', 'payload');
		expect(names(scanner.lookAtAll())).toEqual(['a']);
	});

	test('says when the file is gone', () => {
		expect(scan().lookAgain({ name: 'a' as SignalName, stamp: '1:1:1:1' as Stamp })).toEqual({
			kind: 'looked',
			value: 'gone',
		});
	});
});

test('adoptAll takes all for seen', () => {
	ring('a');
	ring('b', '');
	ring('a b');
	const scanner = scan();
	expect(
		scanner
			.adoptAll()
			.map(({ name }) => name)
			.sort(),
	).toEqual(['a', 'b']);
	expect(names(scanner.lookAtAll())).toEqual([]);
});

test('the grain of times: fine or coarse here, and coarse where it cannot be known', () => {
	expect(['fine', 'coarse']).toContain(probeTimeGrain(signals, dir));
	expect(probeTimeGrain('/proc', dir)).toBe('coarse');
});
