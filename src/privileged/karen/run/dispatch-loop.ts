/** Holds the state of engine/dispatch.ts and starts the runs that it allows. */
import {
	atRest,
	type DispatchEvent,
	type DispatchState,
	dispatch,
	type Run,
} from '../../../engine/dispatch.ts';

export class DispatchLoop {
	readonly #start: (runs: readonly Run[]) => void;
	#state: DispatchState;
	#due: readonly Run[] = [];
	#activity: 'starting' | 'at rest' = 'at rest';

	/** `start` may call `apply` again: a refused run ends at once, which may let others start. */
	constructor(parallel: number, start: (runs: readonly Run[]) => void) {
		this.#state = atRest(parallel);
		this.#start = start;
	}

	apply(event: DispatchEvent): void {
		const { state, start } = dispatch(this.#state, event);
		this.#state = state;
		this.#due = [...this.#due, ...start];
		if (this.#activity === 'starting') return;
		this.#activity = 'starting';
		try {
			while (this.#due.length > 0) this.#start(this.#takeDue());
		} finally {
			this.#activity = 'at rest';
		}
	}

	#takeDue(): readonly Run[] {
		const due = this.#due;
		this.#due = [];
		return due;
	}
}
