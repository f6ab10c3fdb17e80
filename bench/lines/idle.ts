/** What karen costs while nothing happens, beside a Node process that does nothing at all. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Bench, compare, counted, type Line } from '../line.ts';
import { shuffled } from '../measure/random.ts';
import type { Round } from '../measure/ratio.ts';
import type { Result } from '../measure/result.ts';
import { type Memory, memoryOf, start, wakeupsOf } from '../peers/process.ts';
import { ringAll, signalNames } from '../peers/station.ts';

const NAMES = signalNames(1000);
/** V8 tidies up once, some seconds after the last work; that is not idling yet. */
const SETTLE = { full: 10_000, quick: 3000 } as const;
/** In the time that is watched with full effort. */
const WAKEUPS_GOAL = 3;
const WATCHED = { full: 60_000, quick: 20_000 } as const;

export const wakeups: Line = {
	name: 'idle.wakeups',
	limit: 120,
	async measure(bench) {
		const node = startEmptyNode(bench);
		const karen = bench.watcher({ name: 'karen', parallel: 8 });
		karen.launch();
		await karen.ready();
		await ringAll(karen.station, 'app', NAMES.slice(0, 300));
		await sleep(SETTLE[bench.effort]);
		const count = () => [karen.pid() ?? 0, node].map(wakeupsOf);
		const [ours = 0, empty = 0] = count();
		await sleep(WATCHED[bench.effort]);
		const [oursLater = 0, emptyLater = 0] = count();
		const seconds = WATCHED[bench.effort] / 1000;
		// Two are the slow rescan, every thirty seconds.
		const note = `n in seconds; an empty Node process: ${emptyLater - empty}`;
		return [counted('idle.wakeups', 'wake-ups', oursLater - ours, seconds, WAKEUPS_GOAL, note)];
	},
};

export const memory: Line = {
	name: 'idle.memory',
	limit: 180,
	async measure(bench) {
		await warmUp(bench);
		const fresh: Taken[] = [];
		const used: Taken[] = [];
		for (let round = 0; round < bench.rounds(3, 1); round++) await takeMemory(bench, fresh, used);
		return [...judged(bench, 'start', fresh), ...judged(bench, 'burst', used)];
	},
};

/** The very first karen of a checkout fills Node's compile cache; all later ones use it. */
async function warmUp(bench: Bench): Promise<void> {
	const karen = bench.watcher({ name: 'karen', parallel: 8 });
	karen.launch();
	await karen.ready();
	await karen.stop();
}

/**
 * Private memory is what karen costs; pages that are shared with other Node processes depend on who else
 * runs.
 */
const MEMORY_GOALS = {
	private: { start: 1.6, burst: 2.2 },
	pss: { start: undefined, burst: undefined },
} as const;

interface Taken {
	readonly karen: Memory;
	readonly node: Memory;
	readonly again: Memory;
}

/** Reads all three at the same age: soon after karen’s first answer, and again after two thousand runs. */
async function takeMemory(bench: Bench, fresh: Taken[], used: Taken[]): Promise<void> {
	const karen = bench.watcher({ name: 'karen', parallel: 8 });
	const [node = 0, again = 0] = shuffled([startEmptyNode(bench), startEmptyNode(bench)], bench.random);
	karen.launch();
	await karen.ready();
	const take = () => ({ karen: memoryOf(karen.pid() ?? 0), node: memoryOf(node), again: memoryOf(again) });
	await sleep(SETTLE[bench.effort] / 4);
	fresh.push(take());
	for (const _ of ['made', 'touched']) await ringAll(karen.station, 'app', NAMES);
	await sleep(SETTLE[bench.effort] / 2);
	used.push(take());
	await karen.stop();
}

function judged(bench: Bench, moment: 'start' | 'burst', taken: readonly Taken[]): Result[] {
	return (['pss', 'private'] as const).map((what) => {
		const against = (ours: 'karen' | 'again'): Round[] =>
			taken.map((one) => ({ ours: [one[ours][what]], peer: [one.node[what]] }));
		return compare(
			{
				metric: `idle.memory.${what}.${moment}`,
				sides: 'karen ÷ empty Node',
				unit: 'MB',
				goal: MEMORY_GOALS[what][moment],
				share: 0.5,
				rounds: against('karen'),
				control: against('again'),
			},
			bench.random,
		);
	});
}

function startEmptyNode(bench: Bench): number {
	const directory = bench.directory();
	const node = start(
		[process.execPath, '-e', 'setTimeout(() => {}, 2 ** 31 - 1)'],
		join(directory, 'output'),
		directory,
	);
	bench.atEnd(() => node.stop());
	return node.pid;
}
