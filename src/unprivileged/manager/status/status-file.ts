/** update-status.json as a dashboard may see it. Hooks write it in place, so that half of all looks may meet half a file. */
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

	/** Returns what the file holds, or what it held when it last was whole. Undefined: it never was since we run. */
	lastGood(): ReadStatus | undefined {
		const published = this.#file.glance();
		if (published.kind === 'value') this.#good = published.value;
		return this.#good ?? (published.kind === 'missing' ? AT_REST : undefined);
	}

	/** As lastGood, after a few more looks when the very first one meets half a file. */
	async whole(): Promise<ReadStatus | undefined> {
		for (let tries = 1; tries < TRIES && this.lastGood() === undefined; tries += 1)
			await this.#clock.sleep(PAUSE);
		return this.lastGood();
	}
}
