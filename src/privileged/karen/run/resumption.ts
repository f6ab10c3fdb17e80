/** Finishes a change that an updater left open after a power cut, a kill or a crash. */
import { existsSync } from 'node:fs';
import { recordOf } from '../../../model/base/error.ts';
import type { Config } from '../../../model/config/config.ts';
import type { SignalName } from '../../../model/signal/signal.ts';
import type { TriggerMatch } from '../../../model/signal/trigger.ts';
import type { Log } from '../../../system/log.ts';
import type { Settings } from '../../../system/root/config-file.ts';
import { type LaunchWorld, launchTrigger, makeRunId } from './launch-trigger.ts';
import { type AfterResume, afterResume } from './resume.ts';
import type { TriggerEnd } from './start-trigger.ts';

export interface ResumptionWorld extends LaunchWorld {
	readonly log: Log;
}

/** A run whose end is being determined. */
export interface EndingRun {
	readonly name: SignalName;
	readonly id: string;
}

export class Resumption {
	readonly #world: ResumptionWorld;
	readonly #settings: () => Settings;
	readonly #ask: () => void;
	readonly #unfinished: readonly string[];
	#failures = 0;
	#timer: NodeJS.Timeout | undefined;

	/**
	 * `ask` queues a resume among the waiting runs. Besides an open change, a leftover in-progress marker needs
	 * a resume: otherwise older managers would wait forever for an updater that was killed before it opened a
	 * change.
	 */
	constructor(settings: () => Settings, world: ResumptionWorld, ask: () => void) {
		const { currentChange, inProgressMarker } = settings().layout;
		this.#unfinished = [currentChange, inProgressMarker];
		this.#settings = settings;
		this.#world = world;
		this.#ask = ask;
	}

	/** Queues a resume if an updater left something unfinished. */
	check(): void {
		if (this.#isOpen()) this.#ask();
	}

	/**
	 * Runs the updater to finish the change. Resolves when the updater has ended, in whatever way, and
	 * schedules a new check if the change is still open.
	 */
	async run(): Promise<void> {
		// Another updater may have finished the change since the resume was queued.
		if (!this.#isOpen()) return;
		const next = await this.#try(undefined, this.#failures);
		this.#failures = next.kind === 'again' ? next.failures : 0;
		if (next.kind !== 'again') return;
		clearTimeout(this.#timer);
		this.#timer = setTimeout(() => this.check(), next.after);
	}

	/**
	 * Returns how a run ended if karen did not see its exit code: as reported by the updater, or by another
	 * updater that finished the change. Until then the run, and its group, stay busy.
	 */
	async endOf(run: EndingRun, seen: TriggerEnd): Promise<TriggerEnd> {
		if (seen.kind === 'exited' || seen.kind === 'not-started') return seen;
		if (CHANGING_SIGNALS.includes(run.name)) await this.#finish(run);
		const code = this.#world.files.reportedExitCode(run.id);
		// A timeout tells more than the exit code that followed it.
		return code === undefined || seen.kind === 'timed-out' ? seen : { kind: 'exited', code };
	}

	close(): void {
		clearTimeout(this.#timer);
	}

	async #finish({ id }: EndingRun): Promise<void> {
		const { files, clock } = this.#world;
		let failures = 0;
		while (this.#isOpen() && files.reportedExitCode(id) === undefined) {
			const next = await this.#try(id, failures);
			if (next.kind !== 'again') return;
			failures = next.failures;
			await clock.sleep(next.after);
		}
	}

	async #try(endOf: string | undefined, failures: number): Promise<AfterResume> {
		const { files, clock, log } = this.#world;
		const settings = this.#settings();
		const id = makeRunId(clock);
		log.info('resuming an open change', { run: id });
		const launch = {
			id,
			name: 'resume',
			match: resumeMatch(settings.config),
			payload: '',
			...(endOf === undefined ? {} : { endOf }),
		};
		const end = await attempt(() => launchTrigger(launch, settings, this.#world).ended, log);
		log.info('resume ended', {
			run: id,
			how: end.kind,
			exitCode: end.kind === 'exited' ? end.code : -1,
			output: files.end(id),
		});
		const next = afterResume(end, this.#isOpen() ? 'open' : 'closed', failures);
		if (next.kind === 'given-up')
			log.warn('cannot finish the open change: see its log, then signal update or restart karen');
		return next;
	}

	#isOpen(): boolean {
		return this.#unfinished.some((path) => existsSync(path));
	}
}

/** The signals whose runs may leave an open change. */
const CHANGING_SIGNALS: readonly string[] = ['update', 'rollback'];

/** Returns the group of a resume, which excludes other changes. */
export function resumeGroup(config: Pick<Config, 'triggers'>): string | undefined {
	return resumeMatch(config).policy.group;
}

/** A resume uses the policy of an update. No signal can start it. */
function resumeMatch({ triggers }: Pick<Config, 'triggers'>): TriggerMatch {
	const policy = { ...(triggers.policies['update'] ?? triggers.other), run: 'builtin' as const };
	return { trigger: 'resume' as SignalName, argument: undefined, policy };
}

async function attempt(launch: () => Promise<TriggerEnd>, log: Log): Promise<TriggerEnd> {
	try {
		return await launch();
	} catch (thrown) {
		log.problem(recordOf(thrown), { what: 'a resume could not be started' });
		return { kind: 'not-started', errno: 'unknown' };
	}
}
