/** Sees to it that a change which an updater left open is finished: after a power cut, a kill, a crash. */
import { existsSync } from 'node:fs';
import type { Config } from '../../model/config.ts';
import { recordOf } from '../../model/error.ts';
import type { Layout } from '../../model/layout.ts';
import type { SignalName } from '../../model/signal.ts';
import type { TriggerMatch } from '../../model/trigger.ts';
import type { Settings } from '../../system/config-file.ts';
import type { Log } from '../../system/log.ts';
import { type LaunchWorld, launchTrigger, makeRunId } from './launch-trigger.ts';
import { afterResume } from './resume.ts';
import type { TriggerEnd } from './start-trigger.ts';

export interface ResumptionWorld extends LaunchWorld {
	readonly log: Log;
}

export class Resumption {
	readonly #world: ResumptionWorld;
	readonly #ask: () => void;
	readonly #unfinished: readonly string[];
	#failures = 0;
	#timer: NodeJS.Timeout | undefined;

	/**
	 * `ask` puts a resume among the runs that wait for their turn. Besides an open change an updater that was killed before it
	 * opened one is to be finished: the mark that it left tells older managers to wait, for ever.
	 */
	constructor({ currentChange, underWay }: Pick<Layout, 'currentChange' | 'underWay'>, world: ResumptionWorld, ask: () => void) {
		this.#unfinished = [currentChange, underWay];
		this.#world = world;
		this.#ask = ask;
	}

	/** Asks for a resume if an updater left something unfinished. */
	look(): void {
		if (this.#isOpen()) this.#ask();
	}

	/** Runs the updater to finish the change. Resolves when it has ended, however it did; what is still open is looked at again. */
	async run(settings: Settings): Promise<void> {
		const { files, clock, log } = this.#world;
		const id = makeRunId(clock);
		log.info('resuming an open change', { run: id });
		const launch = { id, name: 'resume', match: resumeMatch(settings.config), payload: '' };
		const end = await attempt(() => launchTrigger(launch, settings, this.#world).ended, log);
		log.info('resume ended', { run: id, how: end.kind, exitCode: end.kind === 'exited' ? end.code : -1, output: files.end(id) });
		this.#decide(end);
	}

	close(): void {
		clearTimeout(this.#timer);
	}

	#decide(end: TriggerEnd): void {
		const next = afterResume(end, this.#isOpen() ? 'open' : 'closed', this.#failures);
		switch (next.kind) {
			case 'done':
				this.#failures = 0;
				return;
			case 'again':
				this.#failures = next.failures;
				clearTimeout(this.#timer);
				this.#timer = setTimeout(() => this.look(), next.after);
				return;
			case 'given-up':
				this.#failures = 0;
				this.#world.log.warn('the open change could not be finished: look at its log, then ring update or restart karen');
				return;
		}
	}

	#isOpen(): boolean {
		return this.#unfinished.some((path) => existsSync(path));
	}
}

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
