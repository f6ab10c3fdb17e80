/** Whether karen seems to run, as far as another user can tell without a signal. For display only. */
import { readFileSync } from 'node:fs';
import { errnoOf } from '../../../model/base/errno.ts';
import type { KarenStatus } from '../../../model/status/published.ts';
import type { Clock } from '../../../system/clock.ts';
import type { Published, PublishedFile } from './published-file.ts';

export type Presence = 'running' | 'not-running' | 'unknown';

/** Minimum milliseconds between two checks of the process. */
const LOOK_AGAIN = 1000;

/** karen according to its status file and the kernel, checked on demand and at most once a second. */
export class KarenPresence {
	readonly #file: PublishedFile<KarenStatus>;
	readonly #clock: Clock;
	#of: Published<KarenStatus> | undefined;
	#until = 0;
	#presence: Presence = 'unknown';

	constructor(file: PublishedFile<KarenStatus>, clock: Clock) {
		this.#file = file;
		this.#clock = clock;
	}

	now(): Presence {
		const published = this.#file.glance();
		if (published !== this.#of || this.#clock.monotonic() >= this.#until) {
			this.#of = published;
			this.#until = this.#clock.monotonic() + LOOK_AGAIN;
			this.#presence = presenceOf(published);
		}
		return this.#presence;
	}
}

function presenceOf(published: Published<KarenStatus>): Presence {
	switch (published.kind) {
		case 'missing':
			return 'not-running';
		case 'unreadable':
			return 'unknown';
		case 'value':
			return isKaren(published.value.pid) ? 'running' : 'not-running';
	}
}

/**
 * Pids are reused, and the file survives a power cut. Where /proc hides other users' processes, the pid must
 * do.
 */
function isKaren(pid: number): boolean {
	try {
		return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('karen');
	} catch {
		return exists(pid);
	}
}

function exists(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch (thrown) {
		return errnoOf(thrown) === 'EPERM';
	}
}
