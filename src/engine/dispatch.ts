/**
 * Decides which runs start when. Pure: events go in, the new state and the runs to start come out.
 *
 *     idle ──touch──▶ waiting ──start──▶ running ──end──▶ idle
 *                                           │ touch
 *                                           ▼
 *                                    running, and waiting ──end──▶ waiting
 *
 * INVARIANTS
 * - A name waits at most once and runs at most once: touches in between coalesce.
 * - Two runs of one name or one group never overlap; at most `parallel` runs at a time.
 * - Every touch is followed by a run that starts after it; no run starts without a touch since its previous
 *   start.
 * - Runs that may start do so in order of arrival; a further touch of a waiting run keeps its place.
 */

/** A run that is waiting or running. */
export interface Run {
	/** The signal's name; karen's own runs have names that no signal can have. */
	readonly name: string;
	/** Runs of one group exclude each other. Undefined: the run excludes only itself. */
	readonly group: string | undefined;
}

export interface DispatchState {
	/** The maximum number of runs at a time. */
	readonly parallel: number;
	/** In order of arrival. */
	readonly waiting: readonly Run[];
	readonly running: readonly Run[];
}

export type DispatchEvent =
	/** Touches that were seen at the same time, in order. */
	| { readonly event: 'touched'; readonly runs: readonly Run[] }
	/** A waiting run is cancelled; a running one continues. */
	| { readonly event: 'withdrawn'; readonly name: string }
	/** A running run was found: karen was restarted while it ran. */
	| { readonly event: 'found'; readonly run: Run }
	| { readonly event: 'ended'; readonly name: string }
	| { readonly event: 'limited'; readonly parallel: number };

export interface Dispatched {
	readonly state: DispatchState;
	/** Runs to start now, in this order; they count as running in `state`. */
	readonly start: readonly Run[];
}

/** Returns the state before the first touch. */
export function atRest(parallel: number): DispatchState {
	return { parallel, waiting: [], running: [] };
}

/** Returns the state after an event, and the runs that it starts. */
export function dispatch(state: DispatchState, event: DispatchEvent): Dispatched {
	return startWhatMay(absorb(state, event));
}

function absorb(state: DispatchState, event: DispatchEvent): DispatchState {
	switch (event.event) {
		case 'touched':
			return { ...state, waiting: addTouched(state.waiting, event.runs) };
		case 'withdrawn':
			return { ...state, waiting: without(state.waiting, event.name) };
		case 'found':
			return { ...state, running: [...without(state.running, event.run.name), event.run] };
		case 'ended':
			return { ...state, running: without(state.running, event.name) };
		case 'limited':
			return { ...state, parallel: event.parallel };
	}
}

/** A Map keeps the place of a name that is set again, and takes the new group. */
function addTouched(waiting: readonly Run[], touched: readonly Run[]): Run[] {
	return [...new Map([...waiting, ...touched].map((run) => [run.name, run])).values()];
}

function without(runs: readonly Run[], name: string): Run[] {
	return runs.filter((run) => run.name !== name);
}

function startWhatMay(state: DispatchState): Dispatched {
	const names = new Set(state.running.map(({ name }) => name));
	const groups = new Set(state.running.map(({ group }) => group).filter((group) => group !== undefined));
	const start: Run[] = [];
	const waiting: Run[] = [];
	for (const run of state.waiting) {
		const isFree = !names.has(run.name) && (run.group === undefined || !groups.has(run.group));
		if (!isFree || names.size >= state.parallel) {
			waiting.push(run);
			continue;
		}
		start.push(run);
		names.add(run.name);
		if (run.group !== undefined) groups.add(run.group);
	}
	return { state: { ...state, waiting, running: [...state.running, ...start] }, start };
}
