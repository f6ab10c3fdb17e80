/** A directory of its own for each watcher: signals, triggers, and the FIFO where the triggers report. */
import { closeSync, constants, copyFileSync, futimesSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Prefix, Programs } from './programs.ts';
import { monotonic, type Stamp, Stamps } from './stamps.ts';

const FILL_LIMIT = 60_000;

export interface Station {
	readonly directory: string;
	/** An installed tree as karen needs it; the other watchers use its signals only. */
	readonly root: string;
	readonly signals: string;
	readonly triggers: string;
	readonly stamps: Stamps;
}

export function makeStation(directory: string, programs: Programs): Station {
	const root = join(directory, 'root');
	const signals = join(root, 'events/signals');
	const triggers = join(directory, 'triggers');
	for (const made of [
		signals,
		join(root, 'events/triggers'),
		join(root, 'statuses/signals'),
		join(directory, 'state'),
		triggers,
	])
		mkdirSync(made, { recursive: true, mode: 0o700 });
	writeFileSync(
		join(root, 'info.json'),
		JSON.stringify({ version: '1.0.0', name: 'Bench 1.0.0', notes: '', requires: '>=1.0.0' }),
	);
	for (const [prefix, program] of Object.entries(programs.triggers))
		copyFileSync(program, join(triggers, prefix));
	return { directory, root, signals, triggers, stamps: new Stamps(join(directory, 'stamps')) };
}

export function signalPath(station: Station, prefix: Prefix, name: string): string {
	return join(station.signals, `${prefix}-${name}`);
}

/** Does what touch(1) does and returns the moment just before it. */
export function touch(path: string): number {
	const { O_WRONLY, O_CREAT, O_NOCTTY, O_NONBLOCK } = constants;
	const now = new Date();
	const began = monotonic();
	const fd = openSync(path, O_WRONLY | O_CREAT | O_NOCTTY | O_NONBLOCK, 0o600);
	futimesSync(fd, now, now);
	closeSync(fd);
	return began;
}

/** Returns names for `count` signals: 0001, 0002 … */
export function signalNames(count: number): string[] {
	return Array.from({ length: count }, (_, index) => String(index + 1).padStart(4, '0'));
}

/** Makes signal files. Before the first launch: what lies there then is nothing new to any watcher. */
export function makeSignals(station: Station, prefix: Prefix, names: readonly string[]): void {
	for (const name of names) touch(signalPath(station, prefix, name));
}

/** Touches these signals and waits until each was answered and nothing more came for a while. */
export async function ringAll(station: Station, prefix: Prefix, names: readonly string[]): Promise<void> {
	const { stamps } = station;
	const before = stamps.all.length;
	makeSignals(station, prefix, names);
	await stamps.until((all) => namesIn(all.slice(before)).size >= names.length, FILL_LIMIT);
	await stamps.quiet(500, FILL_LIMIT);
}

function namesIn(stamps: readonly Stamp[]): Set<string> {
	return new Set(stamps.map((stamp) => stamp.name));
}
