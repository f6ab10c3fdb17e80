/**
 * The queue of runs: what waits, what may start, what is refused. engine/dispatch.ts decides what starts
 * when.
 */
import type { Run } from '../../../engine/dispatch.ts';
import { type ErrorRecord, recordOf } from '../../../model/base/error.ts';
import type { SignalName } from '../../../model/signal/signal.ts';
import { readAccounts } from '../../../system/access/accounts.ts';
import { isoTime } from '../../../system/clock.ts';
import type { Settings } from '../../../system/root/config-file.ts';
import { BUILTINS } from '../admit/match-trigger.ts';
import { type Prepared, prepareRun, queueGroup, removedBeforeTurn } from '../admit/prepare-run.ts';
import type { IdleMemory } from '../idle-memory.ts';
import { queuedReport, type Received, runningReport } from '../report/make-report.ts';
import type { LedgerEntry } from '../watch/ledger.ts';
import type { Sighting, SignalScanner } from '../watch/scanner.ts';
import { CurrentRuns, type ReadyRun } from './current-runs.ts';
import { DispatchLoop } from './dispatch-loop.ts';
import {
	type OutcomeWorld,
	type Refused,
	refuseTouches,
	reportRefusal,
	type Waiting,
	writeLedger,
} from './outcome-log.ts';
import { RESUME } from './resume.ts';
import { Resumption, type ResumptionWorld, resumeGroup } from './resumption.ts';
import type { TriggerEnd } from './start-trigger.ts';

export interface RunsWorld extends ResumptionWorld, OutcomeWorld {
	readonly scanner: SignalScanner;
	/** Returns only while this karen holds the lock. */
	readonly exitIfLockLost: () => void;
	readonly memory: IdleMemory;
}

export class Runs {
	readonly #world: RunsWorld;
	readonly #resumption: Resumption;
	readonly #current: CurrentRuns;
	readonly #dispatch: DispatchLoop;
	readonly #waiting = new Map<string, Waiting>();
	#settings: Settings;

	constructor(settings: Settings, world: RunsWorld) {
		this.#settings = settings;
		this.#world = world;
		this.#dispatch = new DispatchLoop(settings.config.triggers.parallel, (runs) => this.#start(runs));
		this.#resumption = new Resumption(
			() => this.#settings,
			world,
			() => this.#queueResume(),
		);
		this.#current = new CurrentRuns(world, {
			waitingStamp: (name) => this.#waiting.get(name)?.received.stamp,
			finalEnd: (run, end) => this.#resumption.endOf(run, end),
			ended: (name, end) => this.#ended(name, end),
		});
	}

	/** Resumes the runs of an earlier karen, and the change that an updater left open. */
	resume(): void {
		for (const { name, stamp, run } of this.#world.ledger.entries()) {
			if (run === null) continue;
			const group = this.#current.adopt(name, stamp ?? '', run, this.#settings);
			this.#dispatch.apply({ event: 'found', run: { name, group } });
		}
		this.#resumption.check();
	}

	/** Queues a run for each of these touches, or refuses it. */
	touched(sightings: readonly Sighting[]): void {
		const at = isoTime(this.#world.clock.now());
		const runs: Run[] = [];
		const refused: Refused[] = [];
		for (const sighting of sightings) {
			const waiting = { sighting, received: { stamp: sighting.stamp, at } };
			const group = queueGroup(sighting.name, this.#settings);
			if (group.kind === 'none') refused.push({ ...waiting, error: group.error });
			else {
				this.#waiting.set(sighting.name, waiting);
				runs.push({ name: sighting.name, group: group.name });
			}
		}
		refuseTouches(this.#world, refused);
		this.#dispatch.apply({ event: 'touched', runs });
		for (const { name } of runs) this.#reportWaiting(name);
	}

	/** Withdraws the waiting runs of signals whose files are gone. */
	removed(names: readonly SignalName[]): void {
		const { ledger } = this.#world;
		writeLedger(
			this.#world,
			names.map((name) => ({ name, stamp: null, run: ledger.runOf(name) })),
		);
		for (const name of names) {
			const waiting = this.#waiting.get(name);
			if (waiting === undefined) continue;
			this.#waiting.delete(name);
			this.#dispatch.apply({ event: 'withdrawn', name });
			if (this.#current.get(name) === undefined)
				reportRefusal(this.#world, name, waiting.received, removedBeforeTurn(name));
		}
	}

	/** Applies new settings to further runs; current runs keep theirs. */
	reload(settings: Settings): void {
		this.#settings = settings;
		this.#dispatch.apply({ event: 'limited', parallel: settings.config.triggers.parallel });
	}

	/** Stops all timers. Triggers continue. */
	close(): void {
		this.#resumption.close();
		this.#world.files.close();
	}

	#start(runs: readonly Run[]): void {
		this.#world.exitIfLockLost();
		const { config, layout } = this.#settings;
		const preparation = { config, layout, scanner: this.#world.scanner, accounts: once(readAccounts) };
		const waiting = runs.map(({ name }) => this.#waiting.get(name)).filter((one) => one !== undefined);
		for (const { sighting } of waiting) this.#waiting.delete(sighting.name);
		const prepared = waiting.map(({ sighting, received }) => ({
			received,
			one: prepareRun(sighting, preparation),
		}));
		const entries = prepared.map(({ one }) => handledEntry(one));
		const isUrgent = prepared.some(({ one }) => one.kind === 'ready' && one.match.policy.record === 'before');
		const failure = writeLedger(this.#world, entries, isUrgent ? 'before' : 'beside');
		for (const { received, one } of prepared) this.#act(one, { ...received, stamp: one.stamp }, failure);
		if (prepared.length > 0) this.#world.ledger.syncBeside();
		if (runs.some(({ name }) => name === RESUME)) this.#resume();
	}

	#act(one: Prepared, received: Received, failure: ErrorRecord | undefined): void {
		switch (one.kind) {
			case 'gone':
				this.#refuse(one.name, received, removedBeforeTurn(one.name));
				break;
			case 'refused':
				this.#refuse(one.name, received, one.error);
				break;
			case 'ready':
				// A trigger that must never run twice does not run if the ledger could not be written.
				if (failure !== undefined && one.match.policy.record === 'before')
					this.#refuse(one.name, received, failure);
				else this.#launch(one, received);
				break;
		}
	}

	#launch(ready: ReadyRun, received: Received): void {
		try {
			this.#current.start(ready, received, this.#settings);
		} catch (thrown) {
			this.#refuse(ready.name, received, recordOf(thrown));
		}
	}

	#refuse(name: SignalName, received: Received, error: ErrorRecord): void {
		reportRefusal(this.#world, name, received, error);
		this.#dispatch.apply({ event: 'ended', name });
	}

	#ended(name: SignalName, end: TriggerEnd): void {
		this.#dispatch.apply({ event: 'ended', name });
		this.#world.memory.worked();
		if (BUILTINS.includes(name) && end.kind === 'exited') this.#resumption.check();
	}

	#queueResume(): void {
		this.#dispatch.apply({
			event: 'touched',
			runs: [{ name: RESUME, group: resumeGroup(this.#settings.config) }],
		});
	}

	#resume(): void {
		const ended = this.#resumption
			.run()
			.finally(() => this.#dispatch.apply({ event: 'ended', name: RESUME }));
		ended.catch((thrown: unknown) => this.#world.log.problem(recordOf(thrown)));
	}

	#reportWaiting(name: string): void {
		const waiting = this.#waiting.get(name);
		if (waiting === undefined) return;
		const run = this.#current.get(name);
		const { sighting, received } = waiting;
		this.#world.reports.put(
			run === undefined ? queuedReport(sighting.name, received) : runningReport(run, received.stamp),
		);
	}
}

function handledEntry(one: Prepared): LedgerEntry {
	return { name: one.name, stamp: one.kind === 'gone' ? null : one.stamp, run: null };
}

function once<T>(make: () => T): () => T {
	let made: T | undefined;
	return () => {
		made ??= make();
		return made;
	};
}
