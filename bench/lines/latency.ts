/**
 * From just before a touch to the first instruction of the trigger. All watchers run at once, each on its own
 * directory with as many signal files; every touch goes to one of them, in an order of chance.
 */
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Bench, compare, counted, type Line } from '../line.ts';
import { shuffled } from '../measure/random.ts';
import type { Result } from '../measure/result.ts';
import { hasTool, PACKAGES } from '../peers/programs.ts';
import { makeSignals, signalNames, signalPath, touch } from '../peers/station.ts';
import type { Kind, Watcher } from '../peers/watcher.ts';

const FILES = signalNames(1000);
const ANSWER_LIMIT = 5000;
/** `floor` is there twice: against itself it is the control. */
type Side = 'ours' | 'floor' | 'floor again' | 'inotifywait' | 'fswatch';
type Samples = Record<Side, number[]>;

const KINDS: Readonly<Record<Side, Kind>> = {
	ours: { name: 'karen', parallel: 8 },
	floor: { name: 'floor' },
	'floor again': { name: 'floor' },
	inotifywait: { name: 'inotifywait' },
	fswatch: { name: 'fswatch' },
};

interface Goals {
	readonly floor: { readonly p50?: number; readonly p95?: number };
	readonly inotifywait: { readonly p50?: number; readonly p95?: number };
}

const QUIET: Goals = { floor: { p50: 2 }, inotifywait: { p50: 1.2 } };
const BUSY: Goals = { floor: { p95: 1.5 }, inotifywait: {} };

export const latency: Line = {
	name: 'signal.latency',
	limit: 240,
	async measure(bench) {
		const sides: Side[] = [
			'ours',
			'floor',
			'floor again',
			...(hasTool('inotifywait') ? (['inotifywait'] as const) : []),
		];
		const watchers = await startAll(bench, sides);
		const plan: Plan = { rounds: bench.rounds(10, 4), touches: bench.effort === 'full' ? 30 : 12 };
		const quiet = await takeRounds(bench, watchers, plan);
		startBusyLoops(bench);
		const busy = await takeRounds(bench, watchers, plan);
		const lost = [...quiet, ...busy].reduce((sum, round) => sum + plan.touches - round.ours.length, 0);
		return [
			...judged(bench, 'quiet', quiet, QUIET),
			...judged(bench, 'busy', busy, BUSY),
			counted('signal.latency.lost', 'lost', lost, 2 * plan.rounds * plan.touches),
		];
	},
};

/** The loop that the older systems ship wakes once a second, so it gets few touches and a line of its own. */
export const latencyOfOlderSystems: Line = {
	name: 'signal.older',
	limit: 120,
	slow: true,
	async measure(bench) {
		const metric = 'signal.older.p50';
		if (!hasTool('fswatch')) return [{ kind: 'skipped', metric, install: PACKAGES.fswatch }];
		const watchers = await startAll(bench, ['ours', 'floor', 'floor again', 'fswatch']);
		const rounds = await takeRounds(bench, watchers, { rounds: bench.rounds(5, 2), touches: 6 });
		const control = rounds.map((round) => ({ ours: round['floor again'], peer: round.floor }));
		const pairs = rounds.map((round) => ({ ours: round.ours, peer: round.fswatch }));
		return [
			compare(
				{
					metric,
					sides: 'karen ÷ fswatch loop',
					unit: 'ms',
					goal: 0.005,
					share: 0.5,
					rounds: pairs,
					control,
				},
				bench.random,
			),
		];
	},
};

async function startAll(bench: Bench, sides: readonly Side[]): Promise<Map<Side, Watcher>> {
	const watchers = new Map(sides.map((side) => [side, bench.watcher(KINDS[side])]));
	for (const watcher of watchers.values()) {
		makeSignals(watcher.station, 'app', FILES);
		watcher.launch();
		await watcher.ready();
	}
	return watchers;
}

interface Plan {
	readonly rounds: number;
	/** Of each watcher in each round. */
	readonly touches: number;
}

async function takeRounds(
	bench: Bench,
	watchers: Map<Side, Watcher>,
	{ rounds, touches }: Plan,
): Promise<Samples[]> {
	const taken: Samples[] = [];
	for (let round = 0; round < rounds; round++) {
		const samples: Samples = { ours: [], floor: [], 'floor again': [], inotifywait: [], fswatch: [] };
		for (const name of shuffled(FILES, bench.random).slice(0, touches)) {
			for (const [side, watcher] of shuffled(watchers, bench.random)) {
				const took = await answerTime(watcher, name);
				if (took !== undefined) samples[side].push(took);
				await sleep(4 + bench.random() * 8);
			}
		}
		taken.push(samples);
	}
	return taken;
}

/** Returns the milliseconds from a touch to its trigger, or undefined when none came. */
async function answerTime({ station }: Watcher, name: string): Promise<number | undefined> {
	const before = station.stamps.all.length;
	const touched = touch(signalPath(station, 'app', name));
	const answer = () => station.stamps.all.slice(before).find((stamp) => stamp.name.endsWith(name));
	await station.stamps.until(() => answer() !== undefined, ANSWER_LIMIT);
	const stamp = answer();
	return stamp === undefined ? undefined : stamp.at - touched;
}

function startBusyLoops(bench: Bench): void {
	for (let core = 0; core < availableParallelism(); core++) {
		const loop = spawn('/bin/sh', ['-c', 'while :; do :; done'], { stdio: 'ignore' });
		bench.atEnd(() => void loop.kill('SIGKILL'));
	}
}

function judged(bench: Bench, load: 'quiet' | 'busy', rounds: readonly Samples[], goals: Goals): Result[] {
	const control = rounds.map((round) => ({ ours: round['floor again'], peer: round.floor }));
	const results: Result[] = [];
	for (const peer of ['floor', 'inotifywait'] as const) {
		for (const [quantile, share] of [
			['p50', 0.5],
			['p95', 0.95],
		] as const) {
			const metric = `signal.latency.${quantile}.${load}`;
			if (peer === 'inotifywait' && !hasTool('inotifywait')) {
				results.push({ kind: 'skipped', metric, install: PACKAGES.inotifywait });
				continue;
			}
			const pairs = rounds.map((round) => ({ ours: round.ours, peer: round[peer] }));
			const sides = `karen ÷ ${peer === 'floor' ? 'C floor' : 'inotifywait'}`;
			results.push(
				compare(
					{ metric, sides, unit: 'ms', goal: goals[peer][quantile], share, rounds: pairs, control },
					bench.random,
				),
			);
		}
	}
	return results;
}
