/**
 * Which runs start when. Nothing here acts: events go in, the state and the runs to start come out.
 *
 *     idle ──touch──▶ waiting ──start──▶ running ──end──▶ idle
 *                                           │ touch
 *                                           ▼
 *                                    running, and waiting ──end──▶ waiting
 *
 * INVARIANTS
 * - A name stands at most once among those waiting and at most once among those running: touches in between coalesce.
 * - Two runs of one name, or of one group, never go on at the same time; never more than `parallel` runs.
 * - Every touch is followed by a run that starts after it; no run starts without a touch since the start before it.
 * - First come, first served among those that may start; a later touch of one that waits keeps its place.
 */

/** A run that is owed or under way. */
export interface Run {
	/** The signal's name; what karen runs for herself has a name that no signal can have. */
	readonly name: string;
	/** Runs of one group exclude each other. Undefined: only with itself. */
	readonly group: string | undefined;
}

export interface DispatchState {
	/** How many runs may go on at once. */
	readonly parallel: number;
	/** In the order in which they came. */
	readonly waiting: readonly Run[];
	readonly running: readonly Run[];
}

export type DispatchEvent =
	/** Touches that were seen at the same time, in their order. */
	| { readonly event: 'touched'; readonly runs: readonly Run[] }
	/** What was asked for is asked for no more: a run under way goes on. */
	| { readonly event: 'withdrawn'; readonly name: string }
	/** A run that goes on was found: karen was restarted while it ran. */
	| { readonly event: 'found'; readonly run: Run }
	| { readonly event: 'ended'; readonly name: string }
	| { readonly event: 'limited'; readonly parallel: number };

export interface Dispatched {
	readonly state: DispatchState;
	/** To be started now, in this order; they count as running in `state`. */
	readonly start: readonly Run[];
}

/** Returns the state before anything was touched. */
export function atRest(parallel: number): DispatchState {
	return { parallel, waiting: [], running: [] };
}

/** Returns the state after an event, and the runs that start by it. */
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

/** A Map keeps the place of a name that is set again, and takes its newest group. */
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
