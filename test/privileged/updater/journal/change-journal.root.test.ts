/** The journal on a disk that fails temporarily: it stays readable, and its lines are on disk. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { layoutOf } from '../../../../src/model/base/layout.ts';
import { makeChangeId } from '../../../../src/model/change/change.ts';
import { readJournal } from '../../../../src/privileged/updater/journal/change-journal.ts';
import { type CountedEnd, compileKillat, type Fault, runCounted } from '../../../faults/killat/killat.ts';
import { scratch } from '../../../scratch.ts';

const PROGRAM = join(import.meta.dirname, '../../../fixtures/programs/appends.ts');

let tools = '';
let killat = '';

beforeAll(() => {
	tools = realpathSync(mkdtempSync(join(tmpdir(), 'signalbox-test-')));
	killat = compileKillat(tools);
});

afterAll(() => rmSync(tools, { recursive: true, force: true }));

/** A state in which nothing was written yet, and the program that writes two facts there. */
function place() {
	const dir = scratch();
	const layout = layoutOf(join(dir, 'root'), join(dir, 'state'));
	mkdirSync(layout.state, { recursive: true });
	const { PATH = '', NODE_COMPILE_CACHE = '' } = process.env;
	const common = {
		cwd: '/',
		input: '',
		env: { PATH, NODE_COMPILE_CACHE },
		below: [layout.state],
		log: join(tools, 'run'),
		limit: 60,
	};
	return {
		run: (how: 'open' | 'reopen', fault?: Fault) =>
			runCounted(killat, {
				...common,
				command: [process.execPath, PROGRAM, how, layout.root, layout.state],
				...(fault === undefined ? {} : { fault }),
			}),
		facts: () =>
			readJournal(layout, makeChangeId(Date.UTC(2026, 10, 21), 'abcd')).map(
				({ seq, event }) => `${seq} ${event}`,
			),
	};
}

const callsTo = ({ calls }: CountedEnd, path: string) =>
	calls.flatMap((line) =>
		line.endsWith(path) ? [{ at: Number(line.split(' ')[0]), call: line.split(' ')[2] }] : [],
	);

/** The number of the call with which the second line, the first fact, is written or synced. */
async function callOfSecond(call: 'write' | 'fsync'): Promise<number> {
	const opened = await place().run('open');
	return callsTo(opened, '/journal').filter((one) => one.call === call)[1]?.at ?? 0;
}

test('writes no line after a failed fsync, and continues after reopening', async () => {
	const { run, facts } = place();
	const end = await run('open', {
		kind: 'error',
		at: await callOfSecond('fsync'),
		errno: 'EIO',
		how: 'once',
	});
	expect(end).toMatchObject({ reached: true, stdout: 'reserve io-error\nfetch io-error\n' });
	expect(facts()).toEqual(['1 opened', '2 doing']);
	await run('reopen');
	expect(facts()).toEqual(['1 opened', '2 doing', '3 doing', '4 doing']);
});

test('replaces a line that could not be written with the next one', async () => {
	const { run, facts } = place();
	const end = await run('open', {
		kind: 'error',
		at: await callOfSecond('write'),
		errno: 'EIO',
		how: 'once',
	});
	expect(end).toMatchObject({ reached: true, stdout: 'reserve io-error\nfetch taken\n' });
	expect(facts()).toEqual(['1 opened', '2 doing']);
});

test('syncs a reopened journal before it is used', async () => {
	const { run } = place();
	await run('open');
	const calls = callsTo(await run('reopen'), '/journal').map(({ call }) => call);
	expect(calls.filter((call) => call?.includes('write') || call === 'fsync')).toEqual([
		...['pwrite64', 'fsync'],
		...['write', 'fsync', 'write', 'fsync'],
	]);
});
