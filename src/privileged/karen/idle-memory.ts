/** Returns the memory of a burst of work to the system once karen is idle, since karen runs for months. */

/** Milliseconds without work after which karen counts as idle. */
const IDLE = 1000;

/** Collects garbage once after each burst of work, so that an idle karen never wakes up for it. */
export class IdleMemory {
	readonly #collect: () => void;
	#timer: NodeJS.Timeout | undefined;

	constructor(collect: () => void = collectAll) {
		this.#collect = collect;
	}

	/** Schedules a collection for when no further work follows. */
	worked(): void {
		if (this.#timer !== undefined) this.#timer.refresh();
		else this.#timer = setTimeout(this.#collect, IDLE).unref();
	}

	stop(): void {
		clearTimeout(this.#timer);
	}
}

/** V8 shrinks the heap only in a last-resort collection. It needs --expose-gc, which ./karen sets. */
function collectAll(): void {
	globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}
