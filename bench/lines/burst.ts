/** A thousand different signals in a row: none lost, none twice, and how soon the last trigger starts. */
import { type Bench, compare, counted, type Line } from '../line.ts';
import { median } from '../measure/quantile.ts';
import { shuffled } from '../measure/random.ts';
import type { Round } from '../measure/ratio.ts';
import type { Result } from '../measure/result.ts';
import { type Tally, tally } from '../measure/runs.ts';
import { LINGER, type Prefix } from '../peers/programs.ts';
import { makeSignals, signalNames, signalPath, touch } from '../peers/station.ts';
import type { Watcher } from '../peers/watcher.ts';

const NAMES = signalNames(1000);
const LIMIT = 20_000;
const PARALLEL = 8;

interface Burst extends Tally {
	/** Milliseconds from the first touch to the start of the last trigger. */
	readonly last: number;
}

export const burst: Line = {
	name: 'signal.burst1000',
	limit: 240,
	measure: async (bench) => [...(await measureUnlimited(bench)), ...(await measureLimited(bench))],
};

async function measureUnlimited(bench: Bench): Promise<Result[]> {
	const ours = bench.watcher({ name: 'karen', parallel: 1000 });
	const floor = bench.watcher({ name: 'floor' });
	const again = bench.watcher({ name: 'floor' });
	for (const watcher of [ours, floor, again]) await prepare(watcher, 'app');
	const pairs: Round[] = [];
	const control: Round[] = [];
	const bursts: Burst[] = [];
	for (let round = 0; round < bench.rounds(5, 2); round++) {
		const took = new Map<Watcher, Burst>();
		for (const watcher of shuffled([ours, floor, again], bench.random))
			took.set(watcher, await sendAll(bench, watcher, 'app'));
		const last = (watcher: Watcher) => [took.get(watcher)?.last ?? Number.NaN];
		pairs.push({ ours: last(ours), peer: last(floor) });
		control.push({ ours: last(again), peer: last(floor) });
		bursts.push(...[took.get(ours)].filter((one) => one !== undefined));
	}
	const metric = 'signal.burst1000';
	return [
		...faults(metric, bursts),
		compare(
			{
				metric: `${metric}.last`,
				sides: 'karen ÷ C floor',
				unit: 'ms',
				goal: 2,
				share: 0.5,
				rounds: pairs,
				control,
			},
			bench.random,
		),
	];
}

/**
 * With a limit on parallel runs the ideal is known: runs × trigger time ÷ limit. It needs no peer, and its
 * own floor is 1.
 */
async function measureLimited(bench: Bench): Promise<Result[]> {
	const ours = bench.watcher({ name: 'karen', parallel: PARALLEL });
	await prepare(ours, 'brief');
	const bursts: Burst[] = [];
	for (let round = 0; round < bench.rounds(3, 1); round++) bursts.push(await sendAll(bench, ours, 'brief'));
	const ideal = (NAMES.length * LINGER.brief) / PARALLEL;
	const took = median(bursts.map((one) => one.last + LINGER.brief));
	const metric = `signal.burst1000.limit${PARALLEL}`;
	const percent = Math.round((took / ideal) * 100);
	return [
		...faults(metric, bursts),
		counted(`${metric}.time`, '% of the ideal', percent, bursts.length, 120, `${(took / 1000).toFixed(2)} s`),
	];
}

async function prepare(watcher: Watcher, prefix: Prefix): Promise<void> {
	makeSignals(watcher.station, prefix, NAMES);
	watcher.launch();
	await watcher.ready();
}

async function sendAll(bench: Bench, { station }: Watcher, prefix: Prefix): Promise<Burst> {
	await station.stamps.quiet(500, LIMIT);
	const before = station.stamps.all.length;
	const order = shuffled(NAMES, bench.random);
	const touched = order.map((name) => touch(signalPath(station, prefix, name)));
	const started = () => station.stamps.all.slice(before).filter((stamp) => stamp.what === 'start');
	await station.stamps.until(() => started().length >= NAMES.length, LIMIT);
	await station.stamps.quiet(500, LIMIT);
	const starts = started();
	const last = starts.reduce((latest, stamp) => Math.max(latest, stamp.at), 0);
	return {
		...tally(
			order,
			starts.map((stamp) => stamp.name),
		),
		last: last - (touched[0] ?? Number.NaN),
	};
}

function faults(metric: string, bursts: readonly Burst[]): Result[] {
	const n = bursts.length * NAMES.length;
	const sum = (what: keyof Tally) => bursts.reduce((total, one) => total + one[what], 0);
	return [
		counted(`${metric}.lost`, 'lost', sum('lost'), n),
		counted(`${metric}.duplicated`, 'duplicated', sum('duplicated'), n),
	];
}
