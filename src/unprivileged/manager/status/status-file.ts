/** The last readable update-status.json. Hooks write it in place, so readers often meet half a file. */
import { type ReadStatus, STATUS_AT_REST } from '../../../model/status/status.ts';
import type { Clock } from '../../../system/clock.ts';
import type { PublishedFile } from './published-file.ts';

const AT_REST: ReadStatus = { ...STATUS_AT_REST, raw: { ...STATUS_AT_REST } };
const TRIES = 5;
const PAUSE = 20;

export class StatusFile {
	readonly #file: PublishedFile<ReadStatus>;
	readonly #clock: Clock;
	#good: ReadStatus | undefined;

	constructor(file: PublishedFile<ReadStatus>, clock: Clock) {
		this.#file = file;
		this.#clock = clock;
	}

	/**
	 * Returns the content, or the last content that was complete; undefined if there has been none since the
	 * start.
	 */
	lastGood(): ReadStatus | undefined {
		const published = this.#file.glance();
		if (published.kind === 'value') this.#good = published.value;
		return this.#good ?? (published.kind === 'missing' ? AT_REST : undefined);
	}

	/** Like lastGood, but retries a few times when the very first read meets half a file. */
	async whole(): Promise<ReadStatus | undefined> {
		for (let tries = 1; tries < TRIES && this.lastGood() === undefined; tries += 1)
			await this.#clock.sleep(PAUSE);
		return this.lastGood();
	}
}
