/** Real touches and real runs: every touch is followed by exactly one run that starts after it. */
import { execFileSync } from 'node:child_process';
import {
	appendFileSync,
	chmodSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	statSync,
	symlinkSync,
	utimesSync,
	writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { stampOf } from '../../../src/model/signal/signal.ts';
import { KarenBox, readText, stopped, until } from './karen-box.ts';

let box: KarenBox;

beforeEach(() => {
	box = new KarenBox();
	box.recording('hi');
	box.recording('marker');
	box.recording('app');
});
afterEach(() => box.close());

/** Signals are handled in order: when the run of a later signal exists, no earlier run is still pending. */
async function settled(): Promise<void> {
	const before = box.runs('marker').length;
	// Longer than karen collects hints.
	await new Promise((done) => setTimeout(done, 100));
	box.ring('marker');
	await until(
		'the marker',
		() => box.runs('marker').length > before || undefined,
		() => box.log(),
	);
}

const ran = (times: number, name = 'hi') =>
	until(
		`${times} runs of ${name}`,
		() => box.runs(name).length >= times || undefined,
		() => box.log(),
	);

/** Waits until the run for the last touch of a signal has ended. */
function answered(name: string) {
	const stamp = stampOf(statSync(join(box.signals, name), { bigint: true }));
	return box.reported(
		name,
		(report) => report.state === 'done' && report.stamp === stamp && report.seen === stamp,
	);
}

/** How long a file must stay empty before karen counts the touch, in milliseconds. */
const MOMENT = 12;

/**
 * Returns the maximum number of runs: a writer that is delayed between creating and writing touches twice.
 */
const mostRuns = (heldUp: unknown) => (typeof heldUp === 'number' && heldUp >= MOMENT ? 2 : 1);

/** Returns the duration in milliseconds. */
function timed(change: () => void): number {
	const began = performance.now();
	change();
	return performance.now() - began;
}

/** Returns the duration of the commands in milliseconds, without the start of the shell. */
function timedShell(commands: string): number {
	const script = `began=\${EPOCHREALTIME/./}; (${commands}); echo $(( \${EPOCHREALTIME/./} - began ))`;
	return Number(execFileSync('bash', ['-c', script])) / 1000;
}

describe('causes one run:', () => {
	test.each<[string, (path: string) => unknown]>([
		['touch, existing', (path) => execFileSync('touch', [path])],
		['utimes alone', (path) => utimesSync(path, new Date(), new Date())],
		['utimes to the past', (path) => utimesSync(path, 1000, statSync(path).mtimeMs / 2000)],
		['truncated and written', (path) => timed(() => writeFileSync(path, 'true'))],
		['truncated and written by a shell', (path) => timedShell(`echo true > ${path}`)],
		['appended to', (path) => appendFileSync(path, 'more')],
		[
			'renamed over',
			(path) => {
				writeFileSync(join(box.signals, '.new'), 'true');
				renameSync(join(box.signals, '.new'), path);
			},
		],
		[
			'removed and created again',
			(path) =>
				timed(() => {
					rmSync(path);
					writeFileSync(path, 'x');
				}),
		],
	])('%s', async (_what, change) => {
		const path = join(box.signals, 'hi');
		writeFileSync(path, 'old');
		await box.start();
		await answered('hi');
		for (let touch = 1; touch <= 3; touch++) {
			const before = box.runs('hi').length;
			const most = mostRuns(change(path));
			await answered('hi');
			await settled();
			const times = box.runs('hi').length - before;
			expect(times).toBeGreaterThanOrEqual(1);
			expect(times).toBeLessThanOrEqual(most);
		}
	});

	test('touching a new file causes one run', async () => {
		await box.start();
		for (const name of ['app-one', 'app-two', 'app-three']) {
			const path = join(box.signals, name);
			execFileSync('touch', [path]);
			const { birthtimeMs, mtimeMs } = statSync(path);
			await answered(name);
			await settled();
			expect(box.runs(name).length).toBeGreaterThanOrEqual(1);
			expect(box.runs(name).length).toBeLessThanOrEqual(mostRuns(mtimeMs - birthtimeMs));
		}
	});

	test('uses a payload that was written after the file was created', async () => {
		box.trigger('late', `cat >> ${box.dir}/payloads; echo . >> ${box.dir}/payloads`);
		await box.start();
		const payloads = () => readText(join(box.dir, 'payloads'));
		for (let round = 0; round < 10; round++) {
			const before = payloads().split('.').length;
			const most = mostRuns(timedShell(`exec > ${box.signals}/late; echo payload${round}`));
			await answered('late');
			await settled();
			expect(payloads().endsWith(`payload${round}\n.\n`)).toBe(true);
			expect(payloads().split('.').length - before).toBeLessThanOrEqual(most);
		}
	});
});

test('ignores reads, listings, late mode changes and hidden files', async () => {
	const path = join(box.signals, 'hi');
	writeFileSync(path, 'true');
	await box.start();
	await ran(1);
	utimesSync(path, 1000, 1000);
	// No reports are being written any more, so other users meet no temporary files.
	await answered('hi');
	readFileSync(path);
	readdirSync(box.signals);
	execFileSync('grep', ['-r', 'true', box.root], { stdio: 'ignore' });
	chmodSync(path, 0o600);
	execFileSync('chown', ['-R', `${process.getuid?.()}:${process.getgid?.()}`, box.root]);
	writeFileSync(join(box.signals, '.hi'), 'x');
	await settled();
	expect(box.runs('hi')).toHaveLength(2);
});

describe('signals sent while karen was down', () => {
	test('run once at the start, but handled ones do not', async () => {
		for (const name of ['app-a', 'app-b', 'app-c']) box.ring(name);
		const karen = await box.start();
		await until(
			'three runs',
			() => box.runs().length === 3 || undefined,
			() => box.log(),
		);
		await karen.end('SIGTERM');
		box.ring('app-b');
		box.ring('app-d');
		await box.start();
		await until(
			'two more',
			() => box.runs().length >= 5 || undefined,
			() => box.log(),
		);
		await settled();
		expect(
			box
				.runs()
				.map(({ name }) => name)
				.filter((name) => name !== 'marker')
				.sort(),
		).toEqual(['app-a', 'app-b', 'app-b', 'app-c', 'app-d']);
	});

	test('existing signals do not run without a ledger', async () => {
		rmSync(join(box.state, 'ledger'));
		box.ring('app-old');
		box.ring('hi');
		await box.start();
		await settled();
		expect(box.runs('hi')).toEqual([]);
		expect(box.log()).toContain('"signals":["app-old","hi"]');
		box.ring('hi');
		await ran(1);
		expect(box.runs('app-old')).toEqual([]);
	});

	test('existing signals do not run with a damaged ledger', async () => {
		writeFileSync(join(box.state, 'ledger'), 'damage\nmore\n');
		box.ring('hi');
		await box.start();
		await settled();
		expect(box.runs('hi')).toEqual([]);
		expect(box.log()).toContain('"code":"state-damaged"');
	});
});

test('runs each of 300 signals in a burst once', { timeout: 240_000 }, async () => {
	box.configure('parallel = 4');
	await box.start();
	const names = Array.from({ length: 300 }, (_, index) => `app-${index}`);
	for (const name of names) box.ring(name);
	await until(
		'300 runs',
		() => box.runs().length >= 300 || undefined,
		() => `${box.runs().length} runs`,
	);
	await settled();
	expect(
		box
			.runs()
			.map(({ name }) => name)
			.filter((name) => name !== 'marker')
			.sort(),
	).toEqual(names.sort());
});

test('runs twice for 100 touches during a run, the second time after the last touch', async () => {
	// The trigger waits for the touches, which may take longer than its work on a busy machine.
	const touching = join(box.dir, 'touching');
	box.recording('storm', `sleep 0.2; while [[ -e ${touching} ]]; do sleep 0.02; done`);
	const path = join(box.signals, 'storm');
	await box.start();
	for (let round = 1; round <= 5; round++) {
		let last = 0;
		writeFileSync(touching, '');
		for (let touch = 0; touch < 100; touch++) {
			if (touch === 0) writeFileSync(path, 'true');
			else utimesSync(path, new Date(), new Date());
			last = Date.now() * 1000;
			if (touch === 0) await ran(round * 2 - 1, 'storm');
			await new Promise((done) => setTimeout(done, 1));
		}
		rmSync(touching);
		await until(
			'two runs',
			() => box.runs('storm').filter(({ ended }) => ended !== undefined).length >= round * 2 || undefined,
			() => box.log(),
		);
		await settled();
		const [first, second, ...more] = box.runs('storm').slice((round - 1) * 2);
		expect(more).toEqual([]);
		expect(second?.began).toBeGreaterThanOrEqual(first?.ended ?? Number.POSITIVE_INFINITY);
		expect(second?.began).toBeGreaterThan(last);
	}
});

describe('the signals directory', () => {
	/** If karen has not created it yet. */
	const makeSignals = () => mkdirSync(box.signals, { recursive: true });

	test.each<[string, () => void]>([
		[
			'removed and created again',
			() => {
				rmSync(box.signals, { recursive: true });
				makeSignals();
			},
		],
		[
			'replaced by another directory',
			() => {
				renameSync(box.signals, `${box.signals}.old`);
				makeSignals();
			},
		],
		['removed, so that karen creates it', () => rmSync(box.signals, { recursive: true })],
	])('signals are handled after it was %s', async (_what, change) => {
		await box.start();
		change();
		await until('the directory', () => statSync(box.signals, { throwIfNoEntry: false }));
		box.ring('hi');
		await ran(1);
		box.ring('hi');
		await ran(2);
		await settled();
		expect(box.runs('hi')).toHaveLength(2);
	});

	test('refuses and reports a link in its place', async () => {
		mkdirSync(join(box.dir, 'elsewhere'));
		writeFileSync(join(box.dir, 'elsewhere/hi'), 'true');
		const { pid } = await box.start();
		await stopped(pid, () => {
			rmSync(box.signals, { recursive: true });
			symlinkSync(join(box.dir, 'elsewhere'), box.signals);
		});
		await box.logged('"code":"tree-unsafe"');
		rmSync(box.signals);
		makeSignals();
		await settled();
		expect(box.runs('hi')).toEqual([]);
	});
});

test('the report names the handled touch', async () => {
	box.trigger('hi', 'echo hello; echo problem >&2');
	await box.start();
	box.ring('hi');
	const report = await box.reported('hi', ({ state }) => state === 'done');
	const stamp = stampOf(statSync(join(box.signals, 'hi'), { bigint: true }));
	expect(report).toMatchObject({
		schema: 1,
		name: 'hi',
		state: 'done',
		stamp,
		seen: stamp,
		exitCode: 0,
		killedBy: null,
		error: null,
		process: null,
	});
	expect(report.output).toBe('hello\nproblem');
	expect(report.run).toMatch(/^\d{8}T\d{9}-[0-9a-f]{8}$/);
	const times = [report.receivedAt, report.startedAt ?? '', report.endedAt ?? ''].map(Date.parse);
	expect(times).toEqual([...times].sort());
});

test('reports a queued run and a touch during the run', async () => {
	box.configure('[triggers.one]\ngroup = "g"\n[triggers.two]\ngroup = "g"');
	box.recording('one', `while [[ ! -e ${box.dir}/go ]]; do sleep 0.02; done`);
	box.recording('two');
	await box.start();
	box.ring('one');
	const running = await box.reported('one', ({ state }) => state === 'running');
	expect(running.process?.pid).toBeGreaterThan(1);
	box.ring('two');
	await box.reported('two', ({ state }) => state === 'queued');
	box.ring('one');
	const stamp = stampOf(statSync(join(box.signals, 'one'), { bigint: true }));
	const dirty = await box.reported('one', ({ seen }) => seen === stamp);
	expect(dirty).toMatchObject({ state: 'running', stamp: running.stamp, run: running.run });
	writeFileSync(join(box.dir, 'go'), '');
	await box.reported('two', ({ state }) => state === 'done');
	await box.reported('one', (report) => report.state === 'done' && report.stamp === stamp);
	expect(box.runs().map(({ name }) => name)).toEqual(['one', 'two', 'one']);
});

test('does not run a signal whose file was removed while it waited', async () => {
	box.configure('parallel = 1');
	box.recording('slow', `while [[ ! -e ${box.dir}/go ]]; do sleep 0.02; done`);
	await box.start();
	box.ring('slow');
	await box.reported('slow', ({ state }) => state === 'running');
	box.ring('hi');
	await box.reported('hi', ({ state }) => state === 'queued');
	rmSync(join(box.signals, 'hi'));
	expect((await box.reported('hi', ({ state }) => state === 'refused')).error).toMatchObject({
		code: 'signal-file-refused',
	});
	writeFileSync(join(box.dir, 'go'), '');
	await settled();
	expect(box.runs('hi')).toEqual([]);
});
