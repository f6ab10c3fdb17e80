/** The signal client: what counts as karen's answer to a signal and what does not. */
import { execFileSync } from 'node:child_process';
import {
	linkSync,
	lstatSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Layout } from '../../src/model/base/layout.ts';
import {
	PAYLOAD_MAX_BYTES,
	parseSignalName,
	type SignalName,
	type SignalReport,
	type Stamp,
	stampOf,
} from '../../src/model/signal/signal.ts';
import { systemClock } from '../../src/system/clock.ts';
import {
	karenSilent,
	readReport,
	sendSignal,
	waitAdmitted,
	waitEnded,
} from '../../src/system/signal-client.ts';
import { makeBox, publish, removeBox } from '../unprivileged/manager/box-for-tests.ts';

const UPDATE = parseSignalName('update') as SignalName;
const SHORT = 120;
const LONG = 10_000;

let box: Layout;
beforeEach(() => {
	box = makeBox();
});
afterEach(() => removeBox(box));

const signalFile = () => join(box.signals, UPDATE);
const stampNow = () => stampOf(lstatSync(signalFile(), { bigint: true }));
const heard = (stamp: Stamp, limit = SHORT) => waitAdmitted(box, UPDATE, stamp, systemClock, limit);
const ended = (stamp: Stamp, limit = SHORT) => waitEnded(box, UPDATE, stamp, systemClock, limit);

function report(further: Partial<SignalReport>): void {
	const now = new Date().toISOString();
	publish(join(box.signalReports, 'update.json'), {
		name: UPDATE,
		run: 'r',
		state: 'running',
		receivedAt: now,
		...further,
	});
}

test('a signal is one complete file of the caller, and its stamp is the one karen sees', () => {
	const stamp = sendSignal(box, UPDATE, '{"updateTo":"v1.2.3"}');
	expect(readFileSync(signalFile(), 'utf8')).toBe('{"updateTo":"v1.2.3"}');
	expect(stamp).toBe(stampNow());
	expect(statSync(signalFile())).toMatchObject({ uid: process.getuid?.(), nlink: 1 });
	expect(statSync(signalFile()).mode & 0o777).toBe(0o660);
	expect(readdirSync(box.signals)).toEqual(['update']);
});

test('two signals never have the same stamp, however quickly they follow each other', () => {
	const stamps = Array.from({ length: 2000 }, () => sendSignal(box, UPDATE, ''));
	expect(new Set(stamps).size).toBe(stamps.length);
});

test.each<[string, (path: string, other: string) => void]>([
	['a symbolic link', (path, other) => symlinkSync(other, path)],
	['a hard link', (path, other) => linkSync(other, path)],
	['a FIFO', (path) => void execFileSync('mkfifo', [path])],
])('replaces %s at the signal’s path and leaves its target alone', (_, plant) => {
	const other = join(box.root, 'other');
	writeFileSync(other, 'precious');
	plant(signalFile(), other);
	sendSignal(box, UPDATE, 'mine');
	expect(lstatSync(signalFile()).isFile()).toBe(true);
	expect(readFileSync(signalFile(), 'utf8')).toBe('mine');
	expect(readFileSync(other, 'utf8')).toBe('precious');
});

test('accepts the largest payload; refuses one byte more and leaves nothing', () => {
	sendSignal(box, UPDATE, 'x'.repeat(PAYLOAD_MAX_BYTES));
	rmSync(signalFile());
	expect(() => sendSignal(box, UPDATE, `${'x'.repeat(PAYLOAD_MAX_BYTES - 1)}é`)).toThrow(
		/cannot send the signal update: the payload holds 65537 bytes/,
	);
	expect(readdirSync(box.signals)).toEqual([]);
});

test('explains a missing directory in a sentence', () => {
	rmSync(box.signals, { recursive: true });
	expect(() => sendSignal(box, UPDATE, '')).toThrow(
		expect.objectContaining({ record: expect.objectContaining({ code: 'root-missing' }) }),
	);
});

test('fails on a directory at the signal’s path and leaves no temporary file', () => {
	mkdirSync(signalFile());
	expect(() => sendSignal(box, UPDATE, '')).toThrow();
	expect(readdirSync(box.signals)).toEqual(['update']);
});

test('returns undefined if karen does not answer, and an error that says what to do', async () => {
	expect(await heard(sendSignal(box, UPDATE, ''))).toBeUndefined();
	expect(karenSilent(UPDATE, 5000).record).toMatchObject({ code: 'karen-silent', facts: { limit: 5000 } });
});

test.each<[string, (stamp: Stamp) => void, 'heard' | 'silent']>([
	['our touch was seen', (stamp) => report({ stamp, seen: stamp }), 'heard'],
	[
		'our touch was seen and waits for the run before',
		(stamp) => report({ stamp: 'older', seen: stamp }),
		'heard',
	],
	['the report of an older touch', () => report({ stamp: 'older', seen: 'older', state: 'done' }), 'silent'],
	[
		'a later report while the file is still ours',
		() => report({ stamp: 'other', seen: 'other', receivedAt: later() }),
		'silent',
	],
	['another signal followed ours and was seen', () => seenAfterAnotherRing(), 'heard'],
	[
		'another signal followed ours, and only an earlier touch was seen',
		() => unseenAfterAnotherRing(),
		'silent',
	],
	[
		'the trigger removed the file, and karen has seen a later touch',
		() => reportWithoutFile(later()),
		'heard',
	],
	[
		'the trigger removed the file, and karen has seen nothing since',
		() => reportWithoutFile('2020-01-01T00:00:00.000Z'),
		'silent',
	],
	['half a report', () => writeFileSync(join(box.signalReports, 'update.json'), '{"state":"do'), 'silent'],
	['a report of the wrong shape', () => publish(join(box.signalReports, 'update.json'), [1]), 'silent'],
	[
		'a FIFO at the report’s path',
		() => void execFileSync('mkfifo', [join(box.signalReports, 'update.json')]),
		'silent',
	],
	['no reports directory', () => rmSync(box.signalReports, { recursive: true }), 'silent'],
])('heard: %s', async (_, answer, expected) => {
	const stamp = sendSignal(box, UPDATE, '');
	answer(stamp);
	expect((await heard(stamp)) === undefined ? 'silent' : 'heard').toBe(expected);
});

const later = () => new Date(Date.now() + 1000).toISOString();

function seenAfterAnotherRing(): void {
	const other = sendSignal(box, UPDATE, 'another');
	report({ stamp: 'older', seen: other, receivedAt: '2020-01-01T00:00:00.000Z' });
}

function unseenAfterAnotherRing(): void {
	sendSignal(box, UPDATE, 'another');
	report({ stamp: 'older', seen: 'older', receivedAt: '2020-01-01T00:00:00.000Z' });
}

function reportWithoutFile(receivedAt: string): void {
	rmSync(signalFile());
	report({ stamp: 'other', seen: 'other', receivedAt });
}

test.each<[string, (stamp: Stamp) => void, 'ended' | 'goes on']>([
	['our run is done', (stamp) => report({ stamp, seen: stamp, state: 'done' }), 'ended'],
	['our run failed', (stamp) => report({ stamp, seen: stamp, state: 'failed' }), 'ended'],
	['our touch was refused', (stamp) => report({ stamp, seen: stamp, state: 'refused' }), 'ended'],
	[
		'our run is done and another touch waits',
		(stamp) => report({ stamp, seen: 'newer', state: 'done' }),
		'ended',
	],
	['our run continues', (stamp) => report({ stamp, seen: stamp, state: 'running' }), 'goes on'],
	['our run is queued', (stamp) => report({ stamp, seen: stamp, state: 'queued' }), 'goes on'],
	[
		'the run before ours is done',
		(stamp) => report({ stamp: 'older', seen: stamp, state: 'done' }),
		'goes on',
	],
	['a later touch hid ours, and its run is done', () => laterRun('done'), 'ended'],
	['the run before ours is done, and a later touch waits', () => laterTouchWaits(), 'goes on'],
	['a later touch hid ours, and its run continues', () => laterRun('running'), 'goes on'],
])('ended: %s', async (_, answer, expected) => {
	const stamp = sendSignal(box, UPDATE, '');
	answer(stamp);
	expect((await ended(stamp)) === undefined ? 'goes on' : 'ended').toBe(expected);
});

function laterRun(state: SignalReport['state']): void {
	const other = sendSignal(box, UPDATE, 'another');
	report({ stamp: other, seen: other, state, receivedAt: later() });
}

function laterTouchWaits(): void {
	report({ stamp: 'older', seen: sendSignal(box, UPDATE, 'another'), state: 'done', receivedAt: later() });
}

test('reads a report that appears while waiting, first half-written', async () => {
	const stamp = sendSignal(box, UPDATE, '');
	const waiting = ended(stamp, LONG);
	writeFileSync(join(box.signalReports, 'update.json'), `{"state":"done","stamp":"${stamp}`);
	await systemClock.sleep(80);
	report({ stamp, seen: stamp, state: 'done', exitCode: 3, output: 'told' });
	expect(await waiting).toMatchObject({ state: 'done', exitCode: 3, output: 'told' });
	expect(readReport(box, UPDATE)).toMatchObject({ exitCode: 3 });
});

test('ends an aborted wait at once', async () => {
	const abort = new AbortController();
	const waiting = waitAdmitted(box, UPDATE, sendSignal(box, UPDATE, ''), systemClock, 60_000, abort.signal);
	abort.abort();
	expect(await waiting).toBeUndefined();
});
