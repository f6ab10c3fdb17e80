/** Sees to it that a change which an updater left open is finished: after a power cut, a kill, a crash. */
import { existsSync } from 'node:fs';
import { recordOf } from '../../../model/base/error.ts';
import type { Config } from '../../../model/config/config.ts';
import type { SignalName } from '../../../model/signal/signal.ts';
import type { TriggerMatch } from '../../../model/signal/trigger.ts';
import type { Settings } from '../../../system/files/config-file.ts';
import type { Log } from '../../../system/log.ts';
import { type LaunchWorld, launchTrigger, makeRunId } from './launch-trigger.ts';
import { type AfterResume, afterResume } from './resume.ts';
import type { TriggerEnd } from './start-trigger.ts';

export interface ResumptionWorld extends LaunchWorld {
	readonly log: Log;
}

/** The run of a signal, as far as its end goes. */
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
	 * `ask` puts a resume among the runs that wait for their turn. Besides an open change an updater that was
	 * killed before it opened one is to be finished: the mark that it left tells older managers to wait, for
	 * ever.
	 */
	constructor(settings: () => Settings, world: ResumptionWorld, ask: () => void) {
		const { currentChange, inProgressMarker } = settings().layout;
		this.#unfinished = [currentChange, inProgressMarker];
		this.#settings = settings;
		this.#world = world;
		this.#ask = ask;
	}

	/** Asks for a resume if an updater left something unfinished. */
	look(): void {
		if (this.#isOpen()) this.#ask();
	}

	/**
	 * Runs the updater to finish the change. Resolves when it has ended, however it did; what is still open is
	 * looked at again.
	 */
	async run(): Promise<void> {
		// Asked for while an updater was still at it, which has finished it since.
		if (!this.#isOpen()) return;
		const next = await this.#try(undefined, this.#failures);
		this.#failures = next.kind === 'again' ? next.failures : 0;
		if (next.kind !== 'again') return;
		clearTimeout(this.#timer);
		this.#timer = setTimeout(() => this.look(), next.after);
	}

	/**
	 * Returns how a run ended, where karen saw no end of its own: what the updater told, and if it was ended
	 * before it could, how the change ended that another updater finished for it. The run goes on until then,
	 * and so does what excludes it.
	 */
	async endOf(run: EndingRun, seen: TriggerEnd): Promise<TriggerEnd> {
		if (seen.kind === 'exited' || seen.kind === 'not-started') return seen;
		if (FINISHED.includes(run.name)) await this.#finish(run);
		const code = this.#world.files.toldEnd(run.id);
		// That its time was up says more than what came of it.
		return code === undefined || seen.kind === 'timed-out' ? seen : { kind: 'exited', code };
	}

	close(): void {
		clearTimeout(this.#timer);
	}

	async #finish({ id }: EndingRun): Promise<void> {
		const { files, clock } = this.#world;
		let failures = 0;
		while (this.#isOpen() && files.toldEnd(id) === undefined) {
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
			log.warn('the open change could not be finished: look at its log, then ring update or restart karen');
		return next;
	}

	#isOpen(): boolean {
		return this.#unfinished.some((path) => existsSync(path));
	}
}

/** The signals whose runs leave changes to be finished. */
const FINISHED: readonly string[] = ['update', 'rollback'];

/** Returns the group that a resume shares with what it must never run beside. */
export function resumeGroup(config: Pick<Config, 'triggers'>): string | undefined {
	return resumeMatch(config).policy.group;
}

/** To finish an update takes what an update takes. No signal leads here. */
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
