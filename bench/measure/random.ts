/** Chance that can be had again: a run prints its seed, and `--seed` repeats its order. */

export type Random = () => number;

/** Returns numbers from 0 (included) to 1 (not included); the same seed gives the same row (mulberry32). */
export function seededRandom(seed: number): Random {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
	};
}

/** Returns the same things in an order of chance (Fisher and Yates). */
export function shuffled<Thing>(things: Iterable<Thing>, random: Random): Thing[] {
	const order: Thing[] = [];
	for (const thing of things) {
		const place = Math.floor(random() * (order.length + 1));
		order.push(thing);
		const displaced = order[place];
		if (displaced === undefined) continue;
		order[order.length - 1] = displaced;
		order[place] = thing;
	}
	return order;
}
