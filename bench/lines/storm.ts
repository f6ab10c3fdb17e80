/**
 * A hundred touches of one signal in a tenth of a second, while its trigger takes a fifth: one run at a time,
 * two in all, the second begun after the last touch. Ten signals are stormed at once.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Bench, counted, type Line } from '../line.ts';
import { type Run, stormFault } from '../measure/runs.ts';
import type { Stamp } from '../peers/stamps.ts';
import { monotonic } from '../peers/stamps.ts';
import { makeSignals, signalNames, signalPath, touch } from '../peers/station.ts';
import type { Watcher } from '../peers/watcher.ts';

const NAMES = signalNames(10);
const TOUCHES = 100;
const SPAN = 100;
const LIMIT = 5000;
/** More misses than this say nothing new, and each costs LIMIT. */
const ENOUGH = 20;

export const storm: Line = {
	name: 'signal.storm100',
	limit: 180,
	async measure(bench) {
		const ours = bench.watcher({ name: 'karen', parallel: 100 });
		makeSignals(ours.station, 'storm', NAMES);
		ours.launch();
		await ours.ready();
		const faults: string[] = [];
		const rounds = bench.rounds(100, 8);
		let waves = 0;
		for (; waves < rounds && faults.length <= ENOUGH; waves++)
			faults.push(...(await waveFaults(bench, ours)));
		const note = [...new Set(faults)].slice(0, 3).join(', ');
		return [counted('signal.storm100.misses', 'misses', faults.length, waves * NAMES.length, 0, note)];
	},
};

async function waveFaults(bench: Bench, { station }: Watcher): Promise<string[]> {
	const before = station.stamps.all.length;
	const last = new Map<string, number>();
	const began = monotonic();
	for (let touched = 0; touched < TOUCHES; touched++) {
		for (const name of NAMES) last.set(name, touch(signalPath(station, 'storm', name)));
		const early = began + ((touched + bench.random()) * SPAN) / TOUCHES - monotonic();
		if (early > 0) await sleep(early);
	}
	await station.stamps.until((all) => settled(all.slice(before), last), LIMIT);
	await station.stamps.quiet(120, LIMIT);
	const seen = station.stamps.all.slice(before);
	return NAMES.map((name) => stormFault(runsOf(seen, name), last.get(name) ?? 0)).filter(
		(fault) => fault !== undefined,
	);
}

/** Every signal has a run that began after its last touch, and all runs have ended. */
function settled(stamps: readonly Stamp[], last: ReadonlyMap<string, number>): boolean {
	const starts = stamps.filter((stamp) => stamp.what === 'start');
	const answered = [...last].every(([name, touched]) =>
		starts.some((stamp) => stamp.name === name && stamp.at >= touched),
	);
	return answered && stamps.length === 2 * starts.length;
}

function runsOf(stamps: readonly Stamp[], name: string): Run[] {
	const own = stamps.filter((stamp) => stamp.name === name);
	return own
		.filter((stamp) => stamp.what === 'start')
		.map((start) => ({
			start: start.at,
			end: own.find((stamp) => stamp.what === 'end' && stamp.pid === start.pid)?.at,
		}));
}
