/** A published file is read once, and again after each change, even where old and new look alike. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Layout } from '../../../../src/model/base/layout.ts';
import { systemClock } from '../../../../src/system/clock.ts';
import { replaceWhole } from '../../../../src/system/files/replace-file.ts';
import { PublishedFile } from '../../../../src/unprivileged/manager/status/published-file.ts';
import { makeBox, removeBox } from '../box-for-tests.ts';

let box: Layout;
let path: string;
let reads: number;
beforeEach(() => {
	box = makeBox();
	path = join(box.statuses, 'some.json');
	reads = 0;
});
afterEach(() => removeBox(box));

const openFile = (limit = 100, ageByMilliseconds = 0) =>
	new PublishedFile<string>(
		path,
		{
			maxBytes: limit,
			parse(bytes) {
				reads += 1;
				const text = Buffer.from(bytes).toString();
				return text === 'nothing' ? undefined : text;
			},
		},
		{ ...systemClock, now: () => systemClock.now() + ageByMilliseconds },
	);

test('reads an unchanged file once', () => {
	writeFileSync(path, 'one');
	const file = openFile(100, 60_000);
	const first = file.read();
	expect([file.read(), file.read()]).toEqual([first, first]);
	expect(file.read()).toBe(first);
	expect(reads).toBe(1);
});

test('reads a young file each time: it may change and keep its times', () => {
	const file = openFile();
	for (let round = 0; round < 300; round += 1) {
		writeFileSync(path, `a${round % 10}`);
		utimesSync(path, 1, 1);
		expect(file.read()).toEqual({ kind: 'value', value: `a${round % 10}` });
	}
});

test('glances share one check per turn of the event loop; read() always checks', async () => {
	writeFileSync(path, 'one');
	const file = openFile();
	expect(file.glance()).toEqual({ kind: 'value', value: 'one' });
	replaceWhole(path, 'two');
	expect(file.glance()).toEqual({ kind: 'value', value: 'one' });
	expect(file.read()).toEqual({ kind: 'value', value: 'two' });
	replaceWhole(path, 'six');
	await new Promise((resolve) => setImmediate(resolve));
	expect(file.glance()).toEqual({ kind: 'value', value: 'six' });
});

test('notices a replaced file', () => {
	const file = openFile(100, 60_000);
	for (const text of ['one', 'two', 'six']) {
		replaceWhole(path, text);
		expect(file.read()).toEqual({ kind: 'value', value: text });
	}
});

test.each<[string, () => void, string]>([
	['missing', () => undefined, 'missing'],
	['no directory', () => rmSync(box.statuses, { recursive: true }), 'missing'],
	['another shape', () => writeFileSync(path, 'nothing'), 'unreadable'],
	['too large', () => writeFileSync(path, 'x'.repeat(101)), 'unreadable'],
	['a symbolic link', () => symlinkSync(box.info, path), 'unreadable'],
	['a FIFO', () => void execFileSync('mkfifo', [path]), 'unreadable'],
	['a directory', () => mkdirSync(path), 'unreadable'],
])('%s, and read again once it is well', (_, plant, kind) => {
	const file = openFile();
	plant();
	expect(file.read().kind).toBe(kind);
	rmSync(path, { recursive: true, force: true });
	mkdirSync(box.statuses, { recursive: true });
	replaceWhole(path, 'well');
	expect(file.read()).toEqual({ kind: 'value', value: 'well' });
	rmSync(path);
	expect(file.read()).toEqual({ kind: 'missing' });
});
