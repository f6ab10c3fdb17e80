/** When to look at all signals: soon after the last hint, never long after the first, and now and then without any. */

import type { Clock } from '../../../system/clock.ts';

/** Milliseconds after the last hint. Longer than the settling of a file that is being written. */
const QUIET = 20;
/** Milliseconds after the first hint, however many follow. */
const LATEST = 500;
/** Milliseconds between slow looks: below, looking is all that is done; above, timers of Node fire at once. */
const SLOW = { least: 100, most: 2 ** 31 - 1 };

/** One timer for the slow look; one more only while hints come in. */
export class Rescan {
	readonly #look: () => void;
	readonly #clock: Clock;
	#slow: NodeJS.Timeout | undefined;
	#soon: NodeJS.Timeout | undefined;
	#firstHint = 0;

	constructor(look: () => void, clock: Clock) {
		this.#look = look;
		this.#clock = clock;
	}

	/** Looks every `interval` milliseconds from now on. */
	every(interval: number): void {
		clearInterval(this.#slow);
		this.#slow = setInterval(this.#look, Math.min(SLOW.most, Math.max(SLOW.least, interval)));
	}

	/** Looks soon: hints that come close together are answered by one look. */
	hint(): void {
		const now = this.#clock.monotonic();
		if (this.#soon === undefined) this.#firstHint = now;
		clearTimeout(this.#soon);
		this.#soon = setTimeout(
			() => this.#lookSoon(),
			Math.max(0, Math.min(QUIET, this.#firstHint + LATEST - now)),
		);
	}

	stop(): void {
		clearInterval(this.#slow);
		clearTimeout(this.#soon);
	}

	#lookSoon(): void {
		this.#soon = undefined;
		this.#look();
	}
}
