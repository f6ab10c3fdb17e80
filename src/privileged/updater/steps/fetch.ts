/** Fetches the release's bytes into the store. The store stays: the next fetch only transfers what is new. */
import { formatSize } from '../../../model/base/units.ts';
import type { StepHandler } from '../step-handler.ts';

/** The part of the progress bar that the fetch fills. */
const FROM = 2;
const TO = 10;
/** Milliseconds between two statuses, to limit writes to the disk. */
const EVERY = 250;

export const fetch: StepHandler<'fetch'> = {
	async do(world) {
		let last = world.clock.monotonic();
		return await world.source.fetch(world.opened.tag, ({ percent, bytes }) => {
			if (world.clock.monotonic() - last < EVERY) return;
			last = world.clock.monotonic();
			const progress = FROM + Math.round(((TO - FROM) * percent) / 100);
			world.publisher.moment({
				state: 'downloading',
				step: null,
				progress,
				description: `Downloading ${formatSize(bytes)} (${percent} %)`,
			});
		});
	},
};
