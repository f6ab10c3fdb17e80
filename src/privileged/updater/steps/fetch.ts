/** Brings the release's bytes into the store. The store stays: the next fetch brings only what is new. */
import type { StepHandler } from './handler.ts';

/** The fetch's share of the progress bar, from and to. */
const FROM = 2;
const TO = 10;
/** Milliseconds between two statuses: a status costs the disk more than it tells the reader. */
const EVERY = 250;

export const fetch: StepHandler<'fetch'> = {
	async do(world) {
		let last = world.clock.monotonic();
		return await world.source.fetch(world.opened.tag, (percent) => {
			if (world.clock.monotonic() - last < EVERY) return;
			last = world.clock.monotonic();
			const progress = FROM + Math.round(((TO - FROM) * percent) / 100);
			world.publisher.moment({
				state: 'downloading',
				step: null,
				progress,
				description: `Downloading ${world.opened.tag}: ${percent} %`,
			});
		});
	},
};
