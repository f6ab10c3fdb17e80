/** Real touches, real runs: every touch is answered, once, and by a run that starts after it. */
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

/** What is rung after something else is answered after it: when its run is there, nothing of before is still to come. */
async function settled(): Promise<void> {
	const before = box.runs('marker').length;
	// Longer than karen gathers hints for.
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

/** Waits until the last touch of a signal was answered by a run that has ended. */
function answered(name: string) {
	const stamp = stampOf(statSync(join(box.signals, name), { bigint: true }));
	return box.reported(
		name,
		(report) => report.state === 'done' && report.stamp === stamp && report.seen === stamp,
	);
}

/** How long a file stands empty before karen takes that for the whole touch, in milliseconds. */
const MOMENT = 12;

/** Returns how many runs a touch has at most: a writer who is held up between making a file and writing to it touches it twice. */
const mostRuns = (heldUp: unknown) => (typeof heldUp === 'number' && heldUp >= MOMENT ? 2 : 1);

/** Returns how many milliseconds it took. */
function timed(change: () => void): number {
	const began = performance.now();
	change();
	return performance.now() - began;
}

/** Returns how many milliseconds the commands took, without the start of the shell. */
function timedShell(commands: string): number {
	const script = `began=\${EPOCHREALTIME/./}; (${commands}); echo $(( \${EPOCHREALTIME/./} - began ))`;
	return Number(execFileSync('bash', ['-c', script])) / 1000;
}

describe('one run each', () => {
	test.each<[string, (path: string) => unknown]>([
		['touch, existing', (path) => execFileSync('touch', [path])],
		['utimes alone', (path) => utimesSync(path, new Date(), new Date())],
		['utimes to the past', (path) => utimesSync(path, 1000, statSync(path).mtimeMs / 2000)],
		['cut and written', (path) => timed(() => writeFileSync(path, 'true'))],
		['cut and written by a shell', (path) => timedShell(`echo true > ${path}`)],
		['appended to', (path) => appendFileSync(path, 'more')],
		[
			'renamed over',
			(path) => {
				writeFileSync(join(box.signals, '.new'), 'true');
				renameSync(join(box.signals, '.new'), path);
			},
		],
		[
			'removed and made again',
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

	test('touch, new', async () => {
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

	test('a payload written late after the file was made is the payload of the one run', async () => {
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

test('no run for a read, a listing, another mode long after the touch, a hidden file', async () => {
	const path = join(box.signals, 'hi');
	writeFileSync(path, 'true');
	await box.start();
	await ran(1);
	utimesSync(path, 1000, 1000);
	// Nothing is written among the reports any more, of which others would stumble over temporary files.
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

describe('sent while karen was down', () => {
	test('runs once at the start; what was answered does not', async () => {
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

	test('without a ledger nothing of what lies there runs: it may be years old', async () => {
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

	test('nor with a damaged one', async () => {
		writeFileSync(join(box.state, 'ledger'), 'damage\nmore\n');
		box.ring('hi');
		await box.start();
		await settled();
		expect(box.runs('hi')).toEqual([]);
		expect(box.log()).toContain('"code":"state-damaged"');
	});
});

test('a burst of 300: each runs once', { timeout: 240_000 }, async () => {
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

test('a storm of 100 touches while the trigger runs: two runs, the second after the last touch', async () => {
	// A busy machine may take longer over the touches than the trigger over its work: then it waits for them.
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

describe('the directory of the signals', () => {
	/** Where karen has not made it by then. */
	const makeSignals = () => mkdirSync(box.signals, { recursive: true });

	test.each<[string, () => void]>([
		[
			'removed and made again',
			() => {
				rmSync(box.signals, { recursive: true });
				makeSignals();
			},
		],
		[
			'replaced by another one',
			() => {
				renameSync(box.signals, `${box.signals}.old`);
				makeSignals();
			},
		],
		['removed: karen makes it', () => rmSync(box.signals, { recursive: true })],
	])('%s: signals are heard', async (_what, change) => {
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

	test('replaced by a link: nothing is heard through it, and it is said', async () => {
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

test('the report says what was answered', async () => {
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

test('a report on the way: queued behind its group, seen while it runs', async () => {
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

test('a signal whose file is removed before its turn does not run', async () => {
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
