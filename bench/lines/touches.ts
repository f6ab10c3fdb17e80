/** Ten thousand single touches, each answered before the next: none may be lost, late or answered twice. */
import { counted, type Line } from '../line.ts';
import { shuffled } from '../measure/random.ts';
import { type Tally, tally } from '../measure/runs.ts';
import { makeSignals, signalNames, signalPath, touch } from '../peers/station.ts';
import type { Watcher } from '../peers/watcher.ts';

const NAMES = signalNames(1000);
/** Shorter than the slow rescan, which would else hide nearly every lost event. */
const LATE = 1000;
/** More late ones than this say nothing new, and each costs LATE. */
const ENOUGH = 50;

export const touches: Line = {
	name: 'signal.touches',
	limit: 240,
	async measure(bench) {
		const ours = bench.watcher({ name: 'karen', parallel: 8 });
		makeSignals(ours.station, 'app', NAMES);
		ours.launch();
		await ours.ready();
		const rounds = bench.rounds(10, 1);
		const passes: Pass[] = [];
		const sum = (what: keyof Pass) => passes.reduce((total, pass) => total + pass[what], 0);
		while (passes.length < rounds && sum('late') <= ENOUGH)
			passes.push(await touchEach(ours, shuffled(NAMES, bench.random)));
		const n = sum('sent');
		return [
			counted('signal.touches.late', 'late or lost', sum('late'), n, 0, `${sum('lost')} lost for good`),
			counted('signal.touches.twice', 'duplicated', sum('duplicated'), n),
		];
	},
};

interface Pass extends Tally {
	readonly sent: number;
	/** Not answered within LATE. */
	readonly late: number;
}

async function touchEach({ station }: Watcher, order: readonly string[]): Promise<Pass> {
	const { stamps } = station;
	const before = stamps.all.length;
	const sent: string[] = [];
	let late = 0;
	for (const name of order) {
		if (late > ENOUGH) break;
		const already = stamps.all.length;
		sent.push(name);
		touch(signalPath(station, 'app', name));
		if (!(await stamps.until((all) => all.length > already, LATE))) late++;
	}
	await stamps.quiet(300, 10_000);
	const answered = stamps.all.slice(before).map((stamp) => stamp.name);
	return { ...tally(sent, answered), sent: sent.length, late };
}
