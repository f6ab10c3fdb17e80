/** Scans the signals for new touches. Watch events are only hints; the stamps of the files decide. */
import { lstatSync, readdirSync } from 'node:fs';
import {
	isTemporaryName,
	parseSignalName,
	type SignalName,
	type Stamp,
	stampOf,
} from '../../../model/signal/signal.ts';
import type { Clock } from '../../../system/clock.ts';
import { type DirectoryResult, inDirectory } from './signals-directory.ts';
import { byTime, isSettled, isTouch, type TimeGrain } from './touch.ts';

/** Milliseconds for which an unsettled stamp must stay the same to count. No kernel tick is longer. */
const SETTLE = 12;

export interface Sighting {
	readonly name: SignalName;
	readonly stamp: Stamp;
}

/** The result of a scan. */
export interface ScanResult {
	/** Sorted by the time of the touch. */
	readonly touched: readonly Sighting[];
	/** Known signals whose files are gone. */
	readonly removed: readonly SignalName[];
	/** Invalid signal names that are new or were touched since the last scan. Trust: none. */
	readonly refused: readonly string[];
	/** `soon`: a file may still be being written, so scan again soon. */
	readonly again: 'soon' | 'when-woken';
}

const NOTHING: ScanResult = { touched: [], removed: [], refused: [], again: 'when-woken' };

export class SignalScanner {
	readonly #directory: string;
	readonly #clock: Clock;
	readonly #grain: TimeGrain;
	/** The newest reported stamp of each signal. */
	readonly #known: Map<SignalName, Stamp>;
	readonly #unsettled = new Map<SignalName, { readonly stamp: Stamp; readonly since: number }>();
	/** Refused names as latin1 strings, with their stamps. */
	#refused = new Map<string, string>();

	constructor(directory: string, known: Iterable<Sighting>, grain: TimeGrain, clock: Clock) {
		this.#directory = directory;
		this.#known = new Map([...known].map(({ name, stamp }) => [name, stamp]));
		this.#grain = grain;
		this.#clock = clock;
	}

	/** Scans one signal. It ignores invalid names and missing files, which `scan` reports. */
	scanSignal(text: string): DirectoryResult<ScanResult> {
		const name = parseSignalName(text);
		if (name === undefined) return { kind: 'value', value: NOTHING };
		return inDirectory(this.#directory, (at) => ({ ...NOTHING, ...this.#newTouches([name], at) }));
	}

	/** Scans all signals. */
	scan(): DirectoryResult<ScanResult> {
		return inDirectory(this.#directory, (at) => {
			// latin1 maps every byte to a character, which preserves names that are not UTF-8.
			const texts = readdirSync(at, 'latin1');
			const names = texts.map(parseSignalName).filter((name) => name !== undefined);
			const present = new Set(names);
			const removed = [...this.#known.keys()].filter((name) => !present.has(name));
			for (const name of removed) this.#known.delete(name);
			for (const name of this.#unsettled.keys()) if (!present.has(name)) this.#unsettled.delete(name);
			return { ...this.#newTouches(names, at), removed, refused: this.#newRefusals(texts, at) };
		});
	}

	/**
	 * Returns the current stamp of a signal that is about to run, so that the run covers all touches so far.
	 */
	refreshStamp({ name, stamp }: Sighting): DirectoryResult<Stamp | 'gone'> {
		return inDirectory(this.#directory, (at) => {
			const file = statsOf(at, name);
			if (file === undefined) return 'gone';
			// The next touch may get the same stamp as an unsettled file, so the next scan handles it.
			if (!isSettled(file, this.#grain)) return stamp;
			this.#known.set(name, stampOf(file));
			return stampOf(file);
		});
	}

	/** Marks every existing signal as seen. Returns them. */
	markAllSeen(): Sighting[] {
		const looked = inDirectory(this.#directory, (at) =>
			readdirSync(at, 'latin1')
				.map(parseSignalName)
				.filter((name) => name !== undefined)
				.flatMap((name) => {
					const file = statsOf(at, name);
					return file === undefined ? [] : [{ name, stamp: stampOf(file) }];
				}),
		);
		const found = looked.kind === 'value' ? looked.value : [];
		for (const { name, stamp } of found) this.#known.set(name, stamp);
		return found;
	}

	#newTouches(names: readonly SignalName[], at: string): Pick<ScanResult, 'touched' | 'again'> {
		const touched = names
			.flatMap((name) => this.#newTouch(name, at))
			.sort((a, b) => byTime(a.stamp, b.stamp));
		return { touched, again: this.#unsettled.size > 0 ? 'soon' : 'when-woken' };
	}

	#newTouch(name: SignalName, at: string): Sighting[] {
		const file = statsOf(at, name);
		if (file === undefined) return [];
		const stamp = stampOf(file);
		if (!isTouch(this.#known.get(name), stamp)) {
			this.#known.set(name, stamp);
			this.#unsettled.delete(name);
			return [];
		}
		if (!isSettled(file, this.#grain) && !this.#isStableLongEnough(name, stamp)) return [];
		this.#unsettled.delete(name);
		this.#known.set(name, stamp);
		return [{ name, stamp }];
	}

	#isStableLongEnough(name: SignalName, stamp: Stamp): boolean {
		const before = this.#unsettled.get(name);
		const now = this.#clock.monotonic();
		if (before?.stamp === stamp) return now - before.since >= SETTLE;
		this.#unsettled.set(name, { stamp, since: now });
		return false;
	}

	#newRefusals(texts: readonly string[], at: string): string[] {
		const before = this.#refused;
		const bad = texts.filter((text) => parseSignalName(text) === undefined && !isTemporaryName(text));
		this.#refused = new Map(bad.map((text) => [text, stampAt(at, text)]));
		return bad
			.filter((text) => before.get(text) !== this.#refused.get(text))
			.map((text) => Buffer.from(text, 'latin1').toString('utf8'));
	}
}

function statsOf(at: string, name: SignalName) {
	return lstatSync(`${at}/${name}`, { bigint: true, throwIfNoEntry: false });
}

function stampAt(at: string, text: string): string {
	const stats = lstatSync(Buffer.from(`${at}/${text}`, 'latin1'), { bigint: true, throwIfNoEntry: false });
	return stats === undefined ? '' : stampOf(stats);
}
