/** The watchers that are compared, each on a station of its own. */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Running, start } from './process.ts';
import { benchPath, type Programs } from './programs.ts';
import { monotonic } from './stamps.ts';
import { makeStation, type Station, signalPath, touch } from './station.ts';

export type Kind =
	| { readonly name: 'karen'; readonly parallel: number }
	| { readonly name: 'floor' }
	| { readonly name: 'inotifywait' }
	| { readonly name: 'fswatch' };

export interface Watcher {
	readonly kind: Kind;
	readonly station: Station;
	/** Starts it (again) and returns the moment just before. */
	launch(): number;
	/** Resolves when a signal has been answered; the first start takes longest. */
	ready(): Promise<void>;
	/** Undefined while it does not run. */
	pid(): number | undefined;
	stop(): Promise<void>;
	/** Stops it and closes its station. */
	close(): Promise<void>;
}

const START_LIMIT = 60_000;

export function makeWatcher(kind: Kind, directory: string, programs: Programs, karen: string): Watcher {
	const station = makeStation(directory, programs);
	const command = commandOf(kind, station, programs);
	const log = join(directory, 'output');
	// karen is started as people start it: `./karen`, in its own tree.
	const cwd = kind.name === 'karen' ? dirname(karen) : directory;
	let running: Running | undefined;
	const stop = async () => {
		await running?.stop();
		running = undefined;
	};
	return {
		kind,
		station,
		launch() {
			const began = monotonic();
			running = start(command, log, cwd);
			return began;
		},
		async ready() {
			await ring(station, () => running?.child.exitCode ?? null, log);
		},
		pid: () => running?.pid,
		stop,
		async close() {
			await stop();
			station.stamps.close();
		},
	};
}

/** Touches until the watcher answers. A watcher that has ended is an error at once. */
async function ring(station: Station, exitCode: () => number | null, log: string): Promise<void> {
	const before = station.stamps.all.length;
	for (const end = monotonic() + START_LIMIT; monotonic() < end; ) {
		touch(signalPath(station, 'app', 'ready'));
		if (await station.stamps.until((all) => all.length > before, 250))
			return void (await station.stamps.quiet(300, START_LIMIT));
		if (exitCode() !== null) break;
	}
	await sleep(50);
	throw new Error(
		`the watcher did not answer: ${readFileSync(log, 'utf8').trim().split('\n').slice(-3).join(' | ')}`,
	);
}

function commandOf(kind: Kind, station: Station, programs: Programs): string[] {
	const trigger = join(station.triggers, 'app');
	switch (kind.name) {
		case 'floor':
			return [programs.floor, station.signals, trigger];
		case 'inotifywait':
			return [benchPath('peers/inotifywait-loop.sh'), station.signals, trigger];
		case 'fswatch':
			return [benchPath('peers/fswatch-loop.sh'), station.signals, trigger];
		case 'karen':
			return ['./karen', '--root', station.root, '--config', writeConfig(station, kind.parallel)];
	}
}

function writeConfig(station: Station, parallel: number): string {
	const file = join(station.directory, 'config.toml');
	writeFileSync(
		file,
		`
product = "bench"
state = "${station.directory}/state"
group = "${process.getgid?.() === 0 ? 'root' : String(process.getgid?.())}"
[source]
kind = "git"
url = "${station.directory}/no-such-source"
[trust]
mode = "unsigned"
[triggers]
dir = "${station.triggers}"
parallel = ${parallel}
[triggers.app]
prefix = true
[triggers.brief]
prefix = true
[triggers.storm]
prefix = true
`,
		{ mode: 0o600 },
	);
	return file;
}
