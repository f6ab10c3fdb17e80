/** The runs: what waits, what goes on, and what becomes of each. What starts when is decided in engine/dispatch.ts. */
import {
	atRest,
	type DispatchEvent,
	type DispatchState,
	dispatch,
	type Run,
} from '../../../engine/dispatch.ts';
import { type ErrorRecord, recordOf } from '../../../model/base/error.ts';
import type { SignalName } from '../../../model/signal/signal.ts';
import { readAccounts } from '../../../system/access/accounts.ts';
import { isoTime } from '../../../system/clock.ts';
import type { Settings } from '../../../system/files/config-file.ts';
import { processLives } from '../../../system/process/group.ts';
import { findTrigger } from '../admit/find-trigger.ts';
import { BUILTINS } from '../admit/match-trigger.ts';
import { noTrigger, type Prepared, prepareRun, removedBeforeTurn } from '../admit/prepare-run.ts';
import type { IdleMemory } from '../idle-memory.ts';
import {
	endedReport,
	type LiveRun,
	queuedReport,
	type Received,
	refusedReport,
	runningReport,
} from '../report/make-report.ts';
import type { Reports } from '../report/reports.ts';
import type { Ledger, LedgerEntry, RunMark } from '../watch/ledger.ts';
import type { Sighting, SignalScanner } from '../watch/scanner.ts';
import { launchTrigger, makeRunId } from './launch-trigger.ts';
import { RESUME } from './resume.ts';
import { Resumption, type ResumptionWorld, resumeGroup } from './resumption.ts';
import { followFound, type TriggerEnd } from './start-trigger.ts';

/** Refusals of one look that get a report each; more of them at once are nobody's who waits for an answer. */
const REFUSALS_TOLD = 100;

export interface RunsWorld extends ResumptionWorld {
	readonly ledger: Ledger;
	readonly scanner: SignalScanner;
	readonly reports: Reports;
	/** Returns only while this is the one karen. */
	readonly stayAlone: () => void;
	readonly memory: IdleMemory;
}

interface Waiting {
	readonly sighting: Sighting;
	readonly received: Received;
}

interface Refused extends Waiting {
	readonly error: ErrorRecord;
}

type Ready = Extract<Prepared, { readonly kind: 'ready' }>;

export class Runs {
	readonly #world: RunsWorld;
	readonly #resumption: Resumption;
	readonly #waiting = new Map<string, Waiting>();
	readonly #live = new Map<string, LiveRun>();
	#settings: Settings;
	#state: DispatchState;
	#due: readonly Run[] = [];
	#isStarting: 'starting' | 'at rest' = 'at rest';

	constructor(settings: Settings, world: RunsWorld) {
		this.#settings = settings;
		this.#world = world;
		this.#state = atRest(settings.config.triggers.parallel);
		this.#resumption = new Resumption(
			() => this.#settings,
			world,
			() => this.#askResume(),
		);
	}

	/** Takes up the runs that an earlier karen started, and the change that an updater left open. */
	takeUp(): void {
		for (const { name, stamp, run } of this.#world.ledger.entries())
			if (run !== null) this.#takeUpOne(name, stamp ?? '', run);
		this.#resumption.look();
	}

	/** Sees to it that each of these touches is followed by a run, or by a refusal. */
	touched(sightings: readonly Sighting[]): void {
		const at = isoTime(this.#world.clock.now());
		const runs: Run[] = [];
		const refused: Refused[] = [];
		for (const sighting of sightings) {
			const waiting = { sighting, received: { stamp: sighting.stamp, at } };
			const group = this.#groupOf(sighting.name);
			if (group.kind === 'none') refused.push({ ...waiting, error: group.error });
			else {
				this.#waiting.set(sighting.name, waiting);
				runs.push({ name: sighting.name, group: group.name });
			}
		}
		this.#refuseAtOnce(refused);
		this.#apply({ event: 'touched', runs });
		for (const { name } of runs) this.#tellOfWaiting(name);
	}

	/** The files of these signals are gone: what waited for its turn waits no more. */
	removed(names: readonly SignalName[]): void {
		this.#record(names.map((name) => ({ name, stamp: null, run: this.#world.ledger.runOf(name) })));
		for (const name of names) {
			const waiting = this.#waiting.get(name);
			if (waiting === undefined) continue;
			this.#waiting.delete(name);
			this.#apply({ event: 'withdrawn', name });
			if (!this.#live.has(name)) this.#refuse(name, waiting.received, removedBeforeTurn(name));
		}
	}

	/** From now on runs follow these settings; those under way go on as they were started. */
	reload(settings: Settings): void {
		this.#settings = settings;
		this.#apply({ event: 'limited', parallel: settings.config.triggers.parallel });
	}

	/** Looks no more after anything. Runs go on. */
	close(): void {
		this.#resumption.close();
		this.#world.files.close();
	}

	#groupOf(
		name: SignalName,
	): { kind: 'group'; name: string | undefined } | { kind: 'none'; error: ErrorRecord } {
		try {
			const match = findTrigger(name, this.#settings.config, this.#settings.layout);
			return match === undefined
				? { kind: 'none', error: noTrigger(name) }
				: { kind: 'group', name: match.policy.group };
		} catch (thrown) {
			return { kind: 'none', error: recordOf(thrown) };
		}
	}

	#apply(event: DispatchEvent): void {
		const { state, start } = dispatch(this.#state, event);
		this.#state = state;
		this.#due = [...this.#due, ...start];
		if (this.#isStarting === 'starting') return;
		this.#isStarting = 'starting';
		try {
			// A run that is refused ends at once, and others may start by that.
			while (this.#due.length > 0) this.#start(this.#takeDue());
		} finally {
			this.#isStarting = 'at rest';
		}
	}

	#takeDue(): readonly Run[] {
		const due = this.#due;
		this.#due = [];
		return due;
	}

	#start(runs: readonly Run[]): void {
		this.#world.stayAlone();
		const { config, layout } = this.#settings;
		const preparation = { config, layout, scanner: this.#world.scanner, accounts: once(readAccounts) };
		const waiting = runs.map(({ name }) => this.#waiting.get(name)).filter((one) => one !== undefined);
		for (const { sighting } of waiting) this.#waiting.delete(sighting.name);
		const prepared = waiting.map(({ sighting, received }) => ({
			received,
			one: prepareRun(sighting, preparation),
		}));
		const entries = prepared.map(
			({ one }): LedgerEntry => ({
				name: one.name,
				stamp: one.kind === 'gone' ? null : one.stamp,
				run: null,
			}),
		);
		const isUrgent = prepared.some(({ one }) => one.kind === 'ready' && one.match.policy.record === 'before');
		const failure = this.#record(entries, isUrgent ? 'before' : 'beside');
		for (const { received, one } of prepared) this.#act(one, { ...received, stamp: one.stamp }, failure);
		if (prepared.length > 0) this.#world.ledger.syncBeside();
		if (runs.some(({ name }) => name === RESUME)) this.#resume();
	}

	#act(one: Prepared, received: Received, failure: ErrorRecord | undefined): void {
		switch (one.kind) {
			case 'gone':
				this.#refuseAndEnd(one.name, received, removedBeforeTurn(one.name));
				break;
			case 'refused':
				this.#refuseAndEnd(one.name, received, one.error);
				break;
			case 'ready':
				// What must never run twice does not run when nothing would remember that it did.
				if (failure !== undefined && one.match.policy.record === 'before')
					this.#refuseAndEnd(one.name, received, failure);
				else this.#launch(one, received);
				break;
		}
	}

	#launch({ name, match, payload }: Ready, received: Received): void {
		const { files, clock, reports, log } = this.#world;
		const id = makeRunId(clock);
		try {
			const started = launchTrigger({ id, name, match, payload }, this.#settings, this.#world);
			const run = { name, id, received, startedAt: isoTime(clock.now()), process: started.process ?? null };
			this.#live.set(name, run);
			this.#mark(run);
			reports.put(runningReport(run, received.stamp));
			log.info('started', {
				signal: name,
				run: id,
				trigger: match.trigger,
				argument: match.argument ?? '',
				pid: run.process?.pid ?? 0,
			});
			this.#follow(run, started.ended);
		} catch (thrown) {
			files.end(id);
			this.#refuseAndEnd(name, received, recordOf(thrown));
		}
	}

	#mark({ name, id, received, startedAt, process }: LiveRun): void {
		if (process === null) return;
		const run = { id, process, receivedAt: received.at, startedAt };
		this.#record([{ name, stamp: this.#world.ledger.stampOf(name), run }]);
	}

	#takeUpOne(name: SignalName, stamp: string, { id, process, receivedAt, startedAt }: RunMark): void {
		const { files, clock, reports, log } = this.#world;
		const { config, layout } = this.#settings;
		const match = findTrigger(name, config, layout);
		const { timeout, output, group } = match?.policy ?? config.triggers.other;
		const run = { name, id, received: { stamp, at: receivedAt }, startedAt, process };
		files.openOutput(id, output);
		this.#live.set(name, run);
		this.#apply({ event: 'found', run: { name, group } });
		reports.put(runningReport(run, stamp));
		const lives = processLives(process);
		log.info(lives ? 'found running' : 'found ended', { signal: name, run: id, pid: process.pid });
		this.#follow(run, lives ? followFound(process, timeout, clock) : Promise.resolve({ kind: 'lost' }));
	}

	#follow(run: LiveRun, ended: Promise<TriggerEnd>): void {
		const known = ended.then((end) => this.#resumption.endOf(run, end));
		known
			.then((end) => this.#ended(run, end))
			.catch((thrown: unknown) => this.#world.log.problem(recordOf(thrown), { run: run.id }));
	}

	#ended(run: LiveRun, end: TriggerEnd): void {
		const { files, clock, reports, log, ledger } = this.#world;
		const { name, id, received } = run;
		const output = files.end(id);
		this.#live.delete(name);
		this.#record([{ name, stamp: ledger.stampOf(name), run: null }]);
		const seen = this.#waiting.get(name)?.received.stamp ?? received.stamp;
		const report = endedReport(run, seen, end, output, isoTime(clock.now()));
		reports.put(report);
		if (report.error === null) log.info('ended', { signal: name, run: id });
		else log.problem(report.error, { signal: name, run: id, state: report.state });
		this.#apply({ event: 'ended', name });
		this.#world.memory.worked();
		if (BUILTINS.includes(name) && end.kind === 'exited') this.#resumption.look();
	}

	#askResume(): void {
		this.#apply({ event: 'touched', runs: [{ name: RESUME, group: resumeGroup(this.#settings.config) }] });
	}

	#resume(): void {
		const ended = this.#resumption.run().finally(() => this.#apply({ event: 'ended', name: RESUME }));
		ended.catch((thrown: unknown) => this.#world.log.problem(recordOf(thrown)));
	}

	#refuseAtOnce(refused: readonly Refused[]): void {
		if (refused.length === 0) return;
		this.#record(
			refused.map(({ sighting }) => ({ ...sighting, run: this.#world.ledger.runOf(sighting.name) })),
		);
		this.#world.ledger.syncBeside();
		for (const { sighting, received, error } of refused.slice(0, REFUSALS_TOLD))
			this.#refuse(sighting.name, received, error);
		if (refused.length > REFUSALS_TOLD)
			this.#world.log.warn('more signals without a trigger', { count: refused.length - REFUSALS_TOLD });
	}

	#refuseAndEnd(name: SignalName, received: Received, error: ErrorRecord): void {
		this.#refuse(name, received, error);
		this.#apply({ event: 'ended', name });
	}

	#refuse(name: SignalName, received: Received, error: ErrorRecord): void {
		this.#world.reports.put(refusedReport(name, received, error));
		this.#world.log.problem(error, { signal: name });
	}

	#tellOfWaiting(name: string): void {
		const waiting = this.#waiting.get(name);
		if (waiting === undefined) return;
		const run = this.#live.get(name);
		const { sighting, received } = waiting;
		this.#world.reports.put(
			run === undefined ? queuedReport(sighting.name, received) : runningReport(run, received.stamp),
		);
	}

	/** Returns the error when the ledger could not be written. */
	#record(entries: readonly LedgerEntry[], sync: 'before' | 'beside' = 'beside'): ErrorRecord | undefined {
		const { ledger, log } = this.#world;
		try {
			ledger.write(entries);
			if (sync === 'before') ledger.sync();
			return undefined;
		} catch (thrown) {
			log.problem(recordOf(thrown), { what: 'the ledger could not be written' });
			return recordOf(thrown);
		}
	}
}

function once<T>(make: () => T): () => T {
	let made: T | undefined;
	return () => {
		made ??= make();
		return made;
	};
}
