/** Sees to it that a change which an updater left open is finished: after a power cut, a kill, a crash. */
import { existsSync } from 'node:fs';
import type { Layout } from '../../model/layout.ts';
import type { Log } from '../../system/log.ts';
import { afterResume } from './resume.ts';
import type { TriggerEnd } from './start-trigger.ts';

export class Resumption {
	readonly #layout: Pick<Layout, 'currentChange'>;
	readonly #log: Log;
	readonly #ask: () => void;
	#failures = 0;
	#timer: NodeJS.Timeout | undefined;

	/** `ask` puts a resume among the runs that wait for their turn. */
	constructor(layout: Pick<Layout, 'currentChange'>, log: Log, ask: () => void) {
		this.#layout = layout;
		this.#log = log;
		this.#ask = ask;
	}

	/** Asks for a resume if a change stands open. */
	look(): void {
		if (this.#isOpen()) this.#ask();
	}

	/** Decides, after a resume ended, whether and when it is tried again. */
	ended(end: TriggerEnd): void {
		const next = afterResume(end, this.#isOpen() ? 'open' : 'closed', this.#failures);
		switch (next.kind) {
			case 'done':
				this.#failures = 0;
				return;
			case 'again':
				this.#failures = next.failures;
				this.#timer = setTimeout(() => this.look(), next.after);
				return;
			case 'given-up':
				this.#failures = 0;
				this.#log.warn('the open change could not be finished: look at its log, then restart karen or ring update');
				return;
		}
	}

	close(): void {
		clearTimeout(this.#timer);
	}

	#isOpen(): boolean {
		return existsSync(this.#layout.currentChange);
	}
}
