/** Signals sent while karen was down: each runs once at the next start, and no other does. */
import { counted, type Line } from '../line.ts';
import { shuffled } from '../measure/random.ts';
import { tally } from '../measure/runs.ts';
import { makeSignals, signalNames, signalPath, touch } from '../peers/station.ts';

const NAMES = signalNames(100);
const SENT = 50;

export const missedWhileDown: Line = {
	name: 'signal.missed_while_down',
	limit: 300,
	async measure(bench) {
		const { station, launch, ready, stop } = bench.watcher({ name: 'karen', parallel: 8 });
		makeSignals(station, 'app', NAMES);
		launch();
		await ready();
		let [lost, duplicated] = [0, 0];
		const rounds = bench.rounds(5, 2);
		for (let round = 0; round < rounds; round++) {
			await stop();
			const before = station.stamps.all.length;
			const sent = shuffled(NAMES, bench.random).slice(0, SENT);
			for (const name of sent) touch(signalPath(station, 'app', name));
			launch();
			await station.stamps.until((all) => all.length >= before + SENT, 25_000);
			await station.stamps.quiet(500, 25_000);
			const answers = station.stamps.all.slice(before).map((stamp) => stamp.name);
			const found = tally(sent, answers);
			lost += found.lost;
			duplicated += found.duplicated;
		}
		return [
			counted('signal.missed_while_down.lost', 'lost', lost, rounds * SENT),
			counted('signal.missed_while_down.twice', 'duplicated', duplicated, rounds * SENT),
		];
	},
};
