/** Memory that a burst of work took is given back to the system once karen is idle: she lives for months and mostly waits. */

/** Milliseconds without work after which karen counts as idle. */
const IDLE = 1000;

/** Collects garbage once after each stretch of work, and so causes no wake-ups while nothing happens. */
export class IdleMemory {
	readonly #collect: () => void;
	#timer: NodeJS.Timeout | undefined;

	constructor(collect: () => void = collectAll) {
		this.#collect = collect;
	}

	/** Something was done: what it needed is given back when nothing more follows. */
	worked(): void {
		if (this.#timer !== undefined) this.#timer.refresh();
		else this.#timer = setTimeout(this.#collect, IDLE).unref();
	}

	stop(): void {
		clearTimeout(this.#timer);
	}
}

/** V8 shrinks the heap only in a collection of last resort. Without --expose-gc, which ./karen gives, nothing happens. */
function collectAll(): void {
	globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}
