/** The five ways in which writers send a signal: each must cause exactly one run. */
import { appendFileSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { counted, type Line } from '../line.ts';
import { monotonic, type Stamp } from '../peers/stamps.ts';
import { makeSignals, type Station, signalNames, signalPath, touch } from '../peers/station.ts';

const TRIES = 4;
/** Milliseconds for an answer, shorter than the slow rescan, which would else hide a lost event. */
const ANSWER = 15_000;
/**
 * Milliseconds. A writer that was held up for longer in the middle has made two changes, and two runs are
 * right.
 */
const HELD_UP = 10;

const KINDS: Readonly<Record<string, (path: string) => void>> = {
	touch: (path) => void touch(path),
	'utime without an open': (path) => utimesSync(path, new Date(), new Date()),
	'truncate and write': (path) => writeFileSync(path, 'written'),
	append: (path) => appendFileSync(path, 'more'),
	'rename over': (path) => {
		const temporary = join(dirname(path), '.new');
		writeFileSync(temporary, 'renamed', { mode: 0o600 });
		renameSync(temporary, path);
	},
};

export const kinds: Line = {
	name: 'signal.kinds',
	limit: 300,
	async measure(bench) {
		const { station, launch, ready } = bench.watcher({ name: 'karen', parallel: 8 });
		const names = signalNames(TRIES);
		makeSignals(station, 'app', names);
		launch();
		await ready();
		const faults: string[] = [];
		for (const [kind, change] of Object.entries(KINDS)) {
			for (const name of names) {
				const runs = await runsOf(station, name, change);
				if (runs !== 1) faults.push(`${kind}: ${runs} runs`);
			}
		}
		const note = [...new Set(faults)].slice(0, 3).join(', ');
		return [
			counted('signal.kinds', 'not one run', faults.length, Object.keys(KINDS).length * TRIES, 0, note),
		];
	},
};

/** Returns how many runs a change caused, of one that was made without a stop in the middle. */
async function runsOf(station: Station, name: string, change: (path: string) => void): Promise<number> {
	const { stamps } = station;
	for (let tries = 1; ; tries++) {
		const before = stamps.all.length;
		const began = monotonic();
		change(signalPath(station, 'app', name));
		const took = monotonic() - began;
		const own = (all: readonly Stamp[]) => all.slice(before).filter((stamp) => stamp.name === name).length;
		await stamps.until((all) => own(all) > 0, ANSWER);
		await stamps.quiet(150, ANSWER);
		if (own(stamps.all) !== 2 || took < HELD_UP || tries === TRIES) return own(stamps.all);
	}
}
