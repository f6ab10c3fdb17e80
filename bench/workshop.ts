/**
 * What lines work with: compiled programs, fresh directories, watchers; and the end of all that, however a
 * run ends.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bench } from './line.ts';
import { seededRandom } from './measure/random.ts';
import { compile } from './peers/programs.ts';
import { makeWatcher } from './peers/watcher.ts';

export interface Workshop {
	readonly bench: Bench;
	/** Ends what the present line has started. */
	endLine(): Promise<void>;
	/** Ends everything and removes the directories. */
	close(): Promise<void>;
}

interface Order {
	readonly effort: Bench['effort'];
	readonly rounds: number | undefined;
	readonly seed: number;
	/** Absolute path of the `karen` under test. */
	readonly karen: string;
}

export function openWorkshop({ effort, rounds, seed, karen }: Order): Workshop {
	const base = mkdtempSync(join(tmpdir(), 'signalbox-bench-'));
	const ends: (() => void | Promise<void>)[] = [];
	let made = 0;
	const directory = () => {
		const path = join(base, String(made++));
		mkdirSync(path, { mode: 0o700 });
		return path;
	};
	const endLine = async () => {
		for (const end of ends.splice(0).reverse()) await end();
	};
	const close = async () => {
		await endLine();
		rmSync(base, { recursive: true, force: true });
	};
	endOnSignals(close);
	const programs = compile(directory());
	const bench: Bench = {
		random: seededRandom(seed),
		programs,
		karen,
		effort,
		rounds: (full, quick) => rounds ?? { full, quick }[effort],
		watcher(kind) {
			const watcher = makeWatcher(kind, directory(), programs, karen);
			ends.push(watcher.close);
			return watcher;
		},
		directory,
		atEnd: (end) => void ends.push(end),
	};
	return { bench, endLine, close };
}

function endOnSignals(close: () => Promise<void>): void {
	for (const [signal, code] of [
		['SIGINT', 130],
		['SIGTERM', 143],
	] as const)
		process.once(signal, () => void close().finally(() => process.exit(code)));
}
