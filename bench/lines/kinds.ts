/** The five ways in which writers ring: each must cause exactly one run. */
import { appendFileSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { counted, type Line } from '../line.ts';
import { makeSignals, signalNames, signalPath, touch } from '../peers/station.ts';

const TRIES = 4;

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
	limit: 120,
	async measure(bench) {
		const { station, launch, ready } = bench.watcher({ name: 'karen', parallel: 8 });
		const names = signalNames(TRIES);
		makeSignals(station, 'app', names);
		launch();
		await ready();
		const faults: string[] = [];
		for (const [kind, change] of Object.entries(KINDS)) {
			for (const name of names) {
				const before = station.stamps.all.length;
				change(signalPath(station, 'app', name));
				await station.stamps.until((all) => all.length > before, 3000);
				await station.stamps.quiet(150, 3000);
				const runs = station.stamps.all.length - before;
				if (runs !== 1) faults.push(`${kind}: ${runs} runs`);
			}
		}
		const note = [...new Set(faults)].slice(0, 3).join(', ');
		return [counted('signal.kinds', 'not one run', faults.length, Object.keys(KINDS).length * TRIES, 0, note)];
	},
};
