/** Measures whether a body arrives fast enough. Only time spent waiting for the network counts. */
import type { FetchLimits } from '../../model/publication/fetch-protocol.ts';

export class Pace {
	readonly #limits: FetchLimits;
	#waited = 0;
	#bytes = 0;

	constructor(limits: FetchLimits) {
		this.#limits = limits;
	}

	/** Counts `bytes` that took this many milliseconds to arrive. Returns whether a window ended too slow. */
	isTooSlow(waited: number, bytes: number): boolean {
		const { rate, window } = this.#limits;
		this.#waited += waited;
		this.#bytes += bytes;
		if (this.#waited < window) return false;
		const least = (rate * this.#waited) / 1000;
		const isTooSlow = this.#bytes < least;
		this.#waited = 0;
		this.#bytes = 0;
		return isTooSlow;
	}
}
