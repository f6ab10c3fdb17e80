/** Checks: which releases there are. The last plan while it is fresh, else one ring that all who ask in the meantime share. */

import { type Problem, problem } from '../../../model/base/error.ts';
import type { ChangeStatus } from '../../../model/change/change.ts';
import type { Available } from '../../../model/release/plan.ts';
import type { SignalReport, Stamp } from '../../../model/signal/signal.ts';
import type { Clock } from '../../../system/clock.ts';
import { ring, type SignalClient, waitEnded, waitHeard } from '../../../system/signal-client.ts';
import type { Limits } from '../limits.ts';
import { type Box, CHECK, installedInfo, openChangeIn, valueIn } from '../status/box.ts';
import { unanswered } from './unanswered.ts';

/** How much of what a failed check printed is passed on. */
const SAID = 500;
/** Milliseconds between two looks whether a change has begun while a check goes on. */
const LOOK = 200;

export interface Checked {
	readonly available: Available;
	/** `goes-on`: karen works on a newer plan; this one is the last. */
	readonly check: 'ended' | 'goes-on';
}

export class Checks {
	readonly #box: Box;
	readonly #bell: SignalClient;
	readonly #clock: Clock;
	readonly #limits: Limits;
	readonly #stopping: AbortSignal;
	#asking: Promise<Checked> | undefined;

	constructor(box: Box, bell: SignalClient, clock: Clock, limits: Limits, stopping: AbortSignal) {
		this.#box = box;
		this.#bell = bell;
		this.#clock = clock;
		this.#limits = limits;
		this.#stopping = stopping;
	}

	/**
	 * Returns the plan. While a change is under way nothing is rung: the last plan is the answer.
	 * Throws `karen-silent`, `source-timeout` when there is nothing to show by the limit, `busy` when there is none to show
	 * beside a change, and whatever the check itself ended with.
	 */
	async plan(): Promise<Checked> {
		const last = valueIn(this.#box.available.read());
		const change = openChangeIn(this.#box.change.read());
		if (change !== undefined) return beside(change, last);
		if (last !== undefined && this.#isFresh(last, installedInfo(this.#box).version))
			return { available: last, check: 'ended' };
		this.#asking ??= this.#ask(last).finally(() => {
			this.#asking = undefined;
		});
		return this.#asking;
	}

	/** A clock that was set back makes a plan of the future: that one is not fresh either. */
	#isFresh(plan: Available, installed: string): boolean {
		const age = Math.abs(this.#clock.now() - Date.parse(plan.checkedAt));
		return plan.installed === installed && age <= this.#limits.fresh;
	}

	async #ask(last: Available | undefined): Promise<Checked> {
		const installed = installedInfo(this.#box).version;
		const stamp = ring(this.#bell, CHECK, '');
		const heard = await waitHeard(this.#bell, CHECK, stamp, this.#clock, this.#limits.heard, this.#stopping);
		if (heard === undefined) throw unanswered(CHECK, this.#limits.heard, this.#stopping);
		const ended = await this.#end(stamp);
		const plan = valueIn(this.#box.available.read());
		const answered =
			plan !== undefined && (plan.checkedAt !== last?.checkedAt || this.#isFresh(plan, installed));
		if (answered && ended !== undefined) return { available: plan, check: 'ended' };
		if (ended !== undefined) throw checkFailed(ended);
		if (this.#stopping.aborted) throw unanswered(CHECK, this.#limits.checked, this.#stopping);
		const change = openChangeIn(this.#box.change.read());
		if (change !== undefined) return beside(change, plan);
		if (plan?.installed !== installed) throw stillChecking(this.#limits.checked);
		return { available: plan, check: 'goes-on' };
	}

	/** The updater keeps the source for itself: a check that came just after waits as long as the change takes, and nobody with it. */
	async #end(stamp: Stamp): Promise<SignalReport | undefined> {
		const limit = this.#clock.monotonic() + this.#limits.checked;
		for (;;) {
			const left = Math.max(0, limit - this.#clock.monotonic());
			const ended = await waitEnded(
				this.#bell,
				CHECK,
				stamp,
				this.#clock,
				Math.min(LOOK, left),
				this.#stopping,
			);
			const isOver =
				left === 0 || this.#stopping.aborted || openChangeIn(this.#box.change.read()) !== undefined;
			if (ended !== undefined || isOver) return ended;
		}
	}
}

/** While a change is under way the last plan is all there is. */
function beside({ change }: ChangeStatus, plan: Available | undefined): Checked {
	if (plan !== undefined) return { available: plan, check: 'ended' };
	throw problem(
		'busy',
		'cannot check for releases while an update is under way',
		'ask again when it has ended',
		{
			retry: 'later',
			facts: { change },
		},
	);
}

function stillChecking(limit: number): Problem {
	return problem(
		'source-timeout',
		'cannot tell yet which releases there are: the check still goes on',
		'ask again in a minute',
		{
			retry: 'later',
			facts: { limit },
		},
	);
}

/** The trigger's own error says only how it ended; the last words it printed say why. */
function checkFailed(report: SignalReport): Problem {
	const { code, message, hint, retry, facts } = report.error ?? {
		code: 'trigger-failed' as const,
		message: 'cannot check for releases: the check ended without a plan',
		hint: 'run signalbox check to see why',
		retry: 'later' as const,
		facts: { state: report.state, run: report.run },
	};
	return problem(code, message, hint, { retry, facts: { ...facts, output: report.output.slice(-SAID) } });
}
