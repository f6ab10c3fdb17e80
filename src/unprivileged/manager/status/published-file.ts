/** A file that root publishes, cached and read again when it changes. */
import { type BigIntStats, lstatSync } from 'node:fs';
import { errnoOf } from '../../../model/base/errno.ts';
import { Problem } from '../../../model/base/error.ts';
import type { FileFormat } from '../../../model/base/file-format.ts';
import { type Stamp, stampOf } from '../../../model/signal/signal.ts';
import type { Clock } from '../../../system/clock.ts';
import { readState } from '../../../system/files/state-file.ts';

export type Published<T> =
	| { readonly kind: 'value'; readonly value: T }
	| { readonly kind: 'missing' }
	/**
	 * It exists but cannot be read: half written, too large, not a plain file, or not readable by this user.
	 */
	| { readonly kind: 'unreadable'; readonly why: string };

/** Milliseconds. File times have steps of up to 10 ms: a younger file may change again and keep its stamp. */
const SETTLED = 100;

export class PublishedFile<T> {
	readonly #path: string;
	readonly #format: FileFormat<T>;
	readonly #clock: Clock;
	#stamp: Stamp | undefined;
	#last: Published<T> = { kind: 'missing' };
	#glanced: 'just now' | 'before' = 'before';

	/** The parser of the format may throw; its message then says what is wrong. */
	constructor(path: string, format: FileFormat<T>, clock: Clock) {
		this.#path = path;
		this.#format = format;
		this.#clock = clock;
	}

	/**
	 * Like read(), for display only: concurrent requests share one check of the file. Under load the checks
	 * would cost more than the answers.
	 */
	glance(): Published<T> {
		if (this.#glanced === 'just now') return this.#last;
		this.#glanced = 'just now';
		setImmediate(() => {
			this.#glanced = 'before';
		});
		return this.read();
	}

	/** Returns what the file holds now: the same object as before if the file has not changed. */
	read(): Published<T> {
		const stats = this.#look();
		if (!('ino' in stats)) return this.#keep(undefined, stats);
		const stamp = stampOf(stats);
		if (stamp === this.#stamp) return this.#last;
		const age = this.#clock.now() - Number(stats.ctimeNs / 1_000_000n);
		// The stamp is taken before the content: a change in between is seen by the next read.
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
