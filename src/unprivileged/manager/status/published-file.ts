/** A file that root publishes, kept in memory and read again when it changed. */
import { type BigIntStats, lstatSync } from 'node:fs';
import { Problem } from '../../../model/base/error.ts';
import type { FileFormat } from '../../../model/base/file-format.ts';
import { type Stamp, stampOf } from '../../../model/signal/signal.ts';
import type { Clock } from '../../../system/clock.ts';
import { errnoOf } from '../../../system/files/files.ts';
import { readState } from '../../../system/files/state-file.ts';

export type Published<T> =
	| { readonly kind: 'value'; readonly value: T }
	| { readonly kind: 'missing' }
	/** There, but not to be read: half a file, too large, not a plain file, not for this user. */
	| { readonly kind: 'unreadable'; readonly why: string };

/** File times move in steps of up to 10 ms: a file this young may change again and keep its stamp. */
const SETTLED = 100;

export class PublishedFile<T> {
	readonly #path: string;
	readonly #format: FileFormat<T>;
	readonly #clock: Clock;
	#stamp: Stamp | undefined;
	#last: Published<T> = { kind: 'missing' };
	#glanced: 'just now' | 'before' = 'before';

	/** The parser of the format may throw: its message then says what is wrong. */
	constructor(path: string, format: FileFormat<T>, clock: Clock) {
		this.#path = path;
		this.#format = format;
		this.#clock = clock;
	}

	/**
	 * As read(), for what is only shown: requests that arrive together share one look at the file. Under load the looks
	 * cost more than the answers.
	 */
	glance(): Published<T> {
		if (this.#glanced === 'just now') return this.#last;
		this.#glanced = 'just now';
		setImmediate(() => {
			this.#glanced = 'before';
		});
		return this.read();
	}

	/** Returns what the file holds now. The same object as before means that the file is the same. */
	read(): Published<T> {
		const stats = this.#look();
		if (!('ino' in stats)) return this.#keep(undefined, stats);
		const stamp = stampOf(stats);
		if (stamp === this.#stamp) return this.#last;
		const age = this.#clock.now() - Number(stats.ctimeNs / 1_000_000n);
		// The stamp is older than what is read: a change in between is seen by the next look.
		return this.#keep(age > SETTLED ? stamp : undefined, this.#readAnew());
	}

	#look(): BigIntStats | Published<never> {
		try {
			return lstatSync(this.#path, { bigint: true, throwIfNoEntry: false }) ?? { kind: 'missing' };
		} catch (thrown) {
			return { kind: 'unreadable', why: errnoOf(thrown) };
		}
	}

	#keep(stamp: Stamp | undefined, published: Published<T>): Published<T> {
		this.#stamp = stamp;
		if (!isSame(this.#last, published)) this.#last = published;
		return this.#last;
	}

	#readAnew(): Published<T> {
		try {
			const read = readState(this.#path, this.#format);
			return read.kind === 'damaged' ? { kind: 'unreadable', why: read.why } : read;
		} catch (thrown) {
			return { kind: 'unreadable', why: thrown instanceof Problem ? thrown.message : errnoOf(thrown) };
		}
	}
}

function isSame<T>(a: Published<T>, b: Published<T>): boolean {
	return a.kind === b.kind && a.kind !== 'value';
}
