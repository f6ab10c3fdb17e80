import {
	appendFileSync,
	existsSync,
	mkdtempSync,
	readFileSync,
	rmSync,
	statSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { SignalName, Stamp } from '../../../../src/model/signal/signal.ts';
import { Ledger, type LedgerEntry } from '../../../../src/privileged/karen/watch/ledger.ts';

let dir: string;
let path: string;
const opened: Ledger[] = [];

beforeEach(() => {
	dir = mkdtempSync(join(tmpdir(), 'ledger-'));
	path = join(dir, 'ledger');
});
afterEach(() => {
	for (const ledger of opened.splice(0)) ledger.close();
	rmSync(dir, { recursive: true, force: true });
});

function open(): Ledger {
	const ledger = new Ledger(path, (thrown) => expect.unreachable(String(thrown)));
	opened.push(ledger);
	return ledger;
}

const entry = (name: string, stamp: string | null, run: LedgerEntry['run'] = null): LedgerEntry => ({
	name: name as SignalName,
	stamp: stamp as Stamp | null,
	run,
});
const run = {
	id: 'r1',
	process: { pid: 7, startTicks: '9', bootId: 'b' },
	receivedAt: '2026-11-21T10:00:00.000Z',
	startedAt: '2026-11-21T10:00:01.000Z',
};

test('reports a missing ledger as none and an empty one as whole', () => {
	expect(open().found).toBe('none');
	const again = open();
	expect(again.found).toBe('whole');
	expect(again.entries()).toEqual([]);
});

test('keeps the last entry of a name after reopening', () => {
	const ledger = open();
	ledger.write([entry('a', '1:1:1:1'), entry('b', '2:2:2:2')]);
	ledger.write([entry('a', '3:3:3:3', run)]);
	expect(open().entries()).toEqual([entry('a', '3:3:3:3', run), entry('b', '2:2:2:2')]);
});

test('forgets removed signals unless they run', () => {
	const ledger = open();
	ledger.write([entry('a', '1:1:1:1'), entry('b', '2:2:2:2', run)]);
	ledger.write([entry('a', null), entry('b', null, run)]);
	const again = open();
	expect(again.entries()).toEqual([entry('b', null, run)]);
	again.write([entry('b', null)]);
	expect(open().entries()).toEqual([]);
});

test('rewrites the file with one line per entry when opened', () => {
	const ledger = open();
	for (let index = 0; index < 100; index++) ledger.write([entry('a', `1:1:1:${index}`)]);
	expect(readFileSync(path, 'utf8').split('\n').length).toBe(101);
	open();
	expect(readFileSync(path, 'utf8').split('\n').length).toBe(2);
});

test('does not grow without limit', () => {
	const ledger = open();
	const names = Array.from({ length: 1000 }, (_, index) => entry(`name-${index}`, '1:1:1:1'));
	for (let index = 0; index < 30; index++) ledger.write(names);
	expect(statSync(path).size).toBeLessThan(1024 * 1024 + 200_000);
	expect(open().entries()).toEqual(names);
});

test('is readable only by its owner', () => {
	open();
	expect(statSync(path).mode & 0o777).toBe(0o600);
});

describe('after a power cut', () => {
	test.each([
		['an incomplete line', '0b9e66ff {"name":"b","sta'],
		['a missing line end', '0b9e66ff {"name":"b","stamp":"2:2:2:2","run":null}'],
		['zeros', '\0\0\0\0\0\0'],
		['a changed last line', '00000000 {"name":"b","stamp":"2:2:2:2","run":null}\n'],
	])('drops %s at the end', (_what, torn) => {
		open().write([entry('a', '1:1:1:1')]);
		appendFileSync(path, torn);
		const ledger = open();
		expect(ledger.found).toBe('whole');
		expect(ledger.entries()).toEqual([entry('a', '1:1:1:1')]);
		ledger.write([entry('c', '3:3:3:3')]);
		expect(open().entries()).toEqual([entry('a', '1:1:1:1'), entry('c', '3:3:3:3')]);
	});
});

describe('damage', () => {
	test.each([
		['a changed line', (text: string) => text.replace('1:1:1:1', '1:1:1:2')],
		['a missing line end in the middle', (text: string) => text.replace('\n', ' ')],
		['foreign text', () => 'hello\nworld\n'],
		['an invalid name', (text: string) => text.replace('"a"', '"../a"')],
	])('sets the whole file aside for %s before good lines', (_what, damage) => {
		open().write([entry('a', '1:1:1:1'), entry('b', '2:2:2:2'), entry('c', '3:3:3:3')]);
		writeFileSync(path, damage(readFileSync(path, 'utf8')));
		const ledger = open();
		expect(ledger.found).toBe('damaged');
		expect(ledger.entries()).toEqual([]);
		expect(existsSync(`${path}.damaged`)).toBe(true);
		expect(open().found).toBe('whole');
	});
});

test('background syncs do not accumulate and do not outlive the ledger', async () => {
	const ledger = open();
	for (let index = 0; index < 1000; index++) {
		ledger.write([entry('a', `1:1:1:${index}`)]);
		ledger.syncBeside();
	}
	await vi.waitFor(() => expect(process.getActiveResourcesInfo()).not.toContain('FSReqCallback'), 60_000);
	ledger.syncBeside();
});
