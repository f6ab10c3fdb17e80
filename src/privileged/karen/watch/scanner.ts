/** Looks at the signals and says what is new. The files are the truth; whoever calls was only woken by a hint. */
import { lstatSync, readdirSync } from 'node:fs';
import {
	isTemporaryName,
	parseSignalName,
	type SignalName,
	type Stamp,
	stampOf,
} from '../../../model/signal/signal.ts';
import type { Clock } from '../../../system/clock.ts';
import { inDirectory, type Looked } from './signals-directory.ts';
import { byTime, isSettled, isTouch, type TimeGrain } from './touch.ts';

/** Milliseconds for which a file's stamp must stand before a look counts that does not tell all. No kernel's tick is longer. */
const SETTLE = 12;

export interface Sighting {
	readonly name: SignalName;
	readonly stamp: Stamp;
}

/** What a look found. */
export interface Look {
	/** In the order of their touches. */
	readonly touched: readonly Sighting[];
	/** Known ones that are gone. */
	readonly removed: readonly SignalName[];
	/** Names that no signal can have, new or touched since the last look; as text, with whatever stands in them. */
	readonly refused: readonly string[];
	/** Look again soon: somebody may be in the middle of writing. */
	readonly again: 'soon' | 'when-woken';
}

const NOTHING: Look = { touched: [], removed: [], refused: [], again: 'when-woken' };

export class SignalScanner {
	readonly #directory: string;
	readonly #clock: Clock;
	readonly #grain: TimeGrain;
	/** The newest stamp of each signal that was told of. */
	readonly #known: Map<SignalName, Stamp>;
	readonly #unsettled = new Map<SignalName, { readonly stamp: Stamp; readonly since: number }>();
	/** Refused names as bytes, with what was seen of them. */
	#refused = new Map<string, string>();

	constructor(directory: string, known: Iterable<Sighting>, grain: TimeGrain, clock: Clock) {
		this.#directory = directory;
		this.#known = new Map([...known].map(({ name, stamp }) => [name, stamp]));
		this.#grain = grain;
		this.#clock = clock;
	}

	/** Looks at one signal. A name that is none, and one that is gone, are left to lookAtAll. */
	lookAt(text: string): Looked<Look> {
		const name = parseSignalName(text);
		if (name === undefined) return { kind: 'looked', value: NOTHING };
		return inDirectory(this.#directory, (at) => ({ ...NOTHING, ...this.#sift([name], at) }));
	}

	/** Looks at every signal. */
	lookAtAll(): Looked<Look> {
		return inDirectory(this.#directory, (at) => {
			// Every byte a character: names that are not UTF-8 come through whole.
			const texts = readdirSync(at, 'latin1');
			const names = texts.map(parseSignalName).filter((name) => name !== undefined);
			const present = new Set(names);
			const removed = [...this.#known.keys()].filter((name) => !present.has(name));
			for (const name of removed) this.#known.delete(name);
			for (const name of this.#unsettled.keys()) if (!present.has(name)) this.#unsettled.delete(name);
			return { ...this.#sift(names, at), removed, refused: this.#siftRefused(texts, at) };
		});
	}

	/** Returns the present stamp of a signal that is about to run, so that its run answers all touches until now. */
	lookAgain({ name, stamp }: Sighting): Looked<Stamp | 'gone'> {
		return inDirectory(this.#directory, (at) => {
			const file = statsOf(at, name);
			if (file === undefined) return 'gone';
			// A stamp that the next touch may bear too is left for the next look to find.
			if (!isSettled(file, this.#grain)) return stamp;
			this.#known.set(name, stampOf(file));
			return stampOf(file);
		});
	}

	/** Takes every signal there is for seen. Returns them. */
	adoptAll(): Sighting[] {
		const looked = inDirectory(this.#directory, (at) =>
			readdirSync(at, 'latin1')
				.map(parseSignalName)
				.filter((name) => name !== undefined)
				.flatMap((name) => {
					const file = statsOf(at, name);
					return file === undefined ? [] : [{ name, stamp: stampOf(file) }];
				}),
		);
		const found = looked.kind === 'looked' ? looked.value : [];
		for (const { name, stamp } of found) this.#known.set(name, stamp);
		return found;
	}

	#sift(names: readonly SignalName[], at: string): Pick<Look, 'touched' | 'again'> {
		const touched = names.flatMap((name) => this.#siftOne(name, at)).sort((a, b) => byTime(a.stamp, b.stamp));
		return { touched, again: this.#unsettled.size > 0 ? 'soon' : 'when-woken' };
	}

	#siftOne(name: SignalName, at: string): Sighting[] {
		const file = statsOf(at, name);
		if (file === undefined) return [];
		const stamp = stampOf(file);
		if (!isTouch(this.#known.get(name), stamp)) {
			this.#known.set(name, stamp);
			this.#unsettled.delete(name);
			return [];
		}
		if (!isSettled(file, this.#grain) && !this.#stoodLongEnough(name, stamp)) return [];
		this.#unsettled.delete(name);
		this.#known.set(name, stamp);
		return [{ name, stamp }];
	}

	#stoodLongEnough(name: SignalName, stamp: Stamp): boolean {
		const before = this.#unsettled.get(name);
		const now = this.#clock.monotonic();
		if (before?.stamp === stamp) return now - before.since >= SETTLE;
		this.#unsettled.set(name, { stamp, since: now });
		return false;
	}

	#siftRefused(texts: readonly string[], at: string): string[] {
		const before = this.#refused;
		const bad = texts.filter((text) => parseSignalName(text) === undefined && !isTemporaryName(text));
		this.#refused = new Map(bad.map((text) => [text, seenOf(at, text)]));
		return bad
			.filter((text) => before.get(text) !== this.#refused.get(text))
			.map((text) => Buffer.from(text, 'latin1').toString('utf8'));
	}
}

function statsOf(at: string, name: SignalName) {
	return lstatSync(`${at}/${name}`, { bigint: true, throwIfNoEntry: false });
}

function seenOf(at: string, text: string): string {
	const stats = lstatSync(Buffer.from(`${at}/${text}`, 'latin1'), { bigint: true, throwIfNoEntry: false });
	return stats === undefined ? '' : stampOf(stats);
}
