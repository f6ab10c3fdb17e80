/**
 * The current runs: starts triggers, finds those that an earlier karen started, and reports how each ended.
 */
import { recordOf } from '../../../model/base/error.ts';
import type { SignalName } from '../../../model/signal/signal.ts';
import { isoTime } from '../../../system/clock.ts';
import { processLives } from '../../../system/process/group.ts';
import type { Settings } from '../../../system/root/config-file.ts';
import { findTrigger } from '../admit/find-trigger.ts';
import type { Prepared } from '../admit/prepare-run.ts';
import { endedReport, type LiveRun, type Received, runningReport } from '../report/make-report.ts';
import type { RunMark } from '../watch/ledger.ts';
import { type LaunchWorld, launchTrigger, makeRunId } from './launch-trigger.ts';
import { type OutcomeWorld, writeLedger } from './outcome-log.ts';
import type { EndingRun } from './resumption.ts';
import { followProcess, type TriggerEnd } from './start-trigger.ts';

export type ReadyRun = Extract<Prepared, { readonly kind: 'ready' }>;

/** What the current runs need from the queue of runs. */
export interface RunQueue {
	/** Returns the stamp of the newest touch that waits for the same signal, or undefined. */
	waitingStamp(name: SignalName): string | undefined;
	/** Waits for the final result of a run; an update may be finished by another updater. */
	finalEnd(run: EndingRun, end: TriggerEnd): Promise<TriggerEnd>;
	/** Called when a run has ended and its report is queued. */
	ended(name: SignalName, end: TriggerEnd): void;
}

export class CurrentRuns {
	readonly #world: LaunchWorld & OutcomeWorld;
	readonly #queue: RunQueue;
	readonly #runs = new Map<string, LiveRun>();

	constructor(world: LaunchWorld & OutcomeWorld, queue: RunQueue) {
		this.#world = world;
		this.#queue = queue;
	}

	/** Returns the current run of a signal, if there is one. */
	get(name: string): LiveRun | undefined {
		return this.#runs.get(name);
	}

	/**
	 * Starts the trigger of a prepared run. Throws if it cannot even be tried; nothing remains of the run then.
	 */
	start({ name, match, payload }: ReadyRun, received: Received, settings: Settings): void {
		const { files, clock, reports, log } = this.#world;
		const id = makeRunId(clock);
		try {
			const started = launchTrigger({ id, name, match, payload }, settings, this.#world);
			const run = { name, id, received, startedAt: isoTime(clock.now()), process: started.process ?? null };
			this.#runs.set(name, run);
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
			throw thrown;
		}
	}

	/** Follows a run that an earlier karen started, whether it still runs or not. Returns its group. */
	adopt(name: SignalName, stamp: string, mark: RunMark, { config, layout }: Settings): string | undefined {
		const { files, clock, reports, log } = this.#world;
		const { id, process, receivedAt, startedAt } = mark;
		const { timeout, output, group } = findTrigger(name, config, layout)?.policy ?? config.triggers.other;
		const run = { name, id, received: { stamp, at: receivedAt }, startedAt, process };
		files.openOutput(id, output);
		this.#runs.set(name, run);
		reports.put(runningReport(run, stamp));
		const lives = processLives(process);
		log.info(lives ? 'found running' : 'found ended', { signal: name, run: id, pid: process.pid });
		this.#follow(run, lives ? followProcess(process, timeout, clock) : Promise.resolve({ kind: 'lost' }));
		return group;
	}

	/** Adds the process to the ledger, so that a restarted karen finds it. */
	#mark({ name, id, received, startedAt, process }: LiveRun): void {
		if (process === null) return;
		const run = { id, process, receivedAt: received.at, startedAt };
		writeLedger(this.#world, [{ name, stamp: this.#world.ledger.stampOf(name), run }]);
	}

	#follow(run: LiveRun, ended: Promise<TriggerEnd>): void {
		ended
			.then((end) => this.#queue.finalEnd(run, end))
			.then((end) => this.#ended(run, end))
			.catch((thrown: unknown) => this.#world.log.problem(recordOf(thrown), { run: run.id }));
	}

	#ended(run: LiveRun, end: TriggerEnd): void {
		const { files, clock, reports, log, ledger } = this.#world;
		const { name, id, received } = run;
		const output = files.end(id);
		this.#runs.delete(name);
		writeLedger(this.#world, [{ name, stamp: ledger.stampOf(name), run: null }]);
		const seen = this.#queue.waitingStamp(name) ?? received.stamp;
		const report = endedReport(run, seen, end, output, isoTime(clock.now()));
		reports.put(report);
		if (report.error === null) log.info('ended', { signal: name, run: id });
		else log.problem(report.error, { signal: name, run: id, state: report.state });
		this.#queue.ended(name, end);
	}
}
