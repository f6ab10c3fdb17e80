/**
 * Decides when to rescan: soon after the last hint, at most 500 ms after the first, and at a slow interval.
 */

import type { Clock } from '../../../system/clock.ts';

/** Milliseconds after the last hint; longer than SETTLE in scanner.ts. */
const QUIET = 20;
/** Milliseconds after the first hint, even if more hints follow. */
const LATEST = 500;
/** Bounds of the slow interval in milliseconds. Above the maximum, Node's timers fire at once. */
const SLOW = { least: 100, most: 2 ** 31 - 1 };

/** Calls `rescan` at the slow interval and after hints. */
export class Rescan {
	readonly #rescan: () => void;
	readonly #clock: Clock;
	#slow: NodeJS.Timeout | undefined;
	#soon: NodeJS.Timeout | undefined;
	#firstHint = 0;

	constructor(rescan: () => void, clock: Clock) {
		this.#rescan = rescan;
		this.#clock = clock;
	}

	/** Sets the slow interval, in milliseconds. */
	every(interval: number): void {
		clearInterval(this.#slow);
		this.#slow = setInterval(this.#rescan, Math.min(SLOW.most, Math.max(SLOW.least, interval)));
	}

	/** Schedules a rescan soon; hints in close succession cause a single rescan. */
	hint(): void {
		const now = this.#clock.monotonic();
		if (this.#soon === undefined) this.#firstHint = now;
		clearTimeout(this.#soon);
		this.#soon = setTimeout(
			() => this.#rescanNow(),
			Math.max(0, Math.min(QUIET, this.#firstHint + LATEST - now)),
		);
	}

	stop(): void {
		clearInterval(this.#slow);
		clearTimeout(this.#soon);
	}

	#rescanNow(): void {
		this.#soon = undefined;
		this.#rescan();
	}
}
