/**
 * Checks for releases: returns the last plan while it is fresh, else touches `check` once for all concurrent
 * requests.
 */

import { type Problem, problem } from '../../../model/base/error.ts';
import type { ChangeStatus } from '../../../model/change/change.ts';
import type { Available } from '../../../model/release/plan.ts';
import type { SignalReport, Stamp } from '../../../model/signal/signal.ts';
import type { Clock } from '../../../system/clock.ts';
import {
	type SignalDirectories,
	sendSignal,
	waitAdmitted,
	waitEnded,
} from '../../../system/signal-client.ts';
import type { Limits } from '../limits.ts';
import { type Box, CHECK, installedInfo, openChangeIn, valueIn } from '../status/box.ts';
import { unanswered } from './unanswered.ts';

/** How much of a failed check's output is passed on. */
const SAID = 500;
/** Milliseconds between two checks whether a change has begun in the meantime. */
const LOOK = 200;

export interface Checked {
	readonly available: Available;
	/** `goes-on`: a newer plan is in the making; this is the previous one. */
	readonly check: 'ended' | 'goes-on';
}

export class Checks {
	readonly #box: Box;
	readonly #directories: SignalDirectories;
	readonly #clock: Clock;
	readonly #limits: Limits;
	readonly #stopping: AbortSignal;
	#asking: Promise<Checked> | undefined;

	constructor(box: Box, directories: SignalDirectories, clock: Clock, limits: Limits, stopping: AbortSignal) {
		this.#box = box;
		this.#directories = directories;
		this.#clock = clock;
		this.#limits = limits;
		this.#stopping = stopping;
	}

	/**
	 * Returns the plan. While a change is in progress no signal is sent, and the last plan is the answer.
	 * Throws `karen-silent`, `source-timeout` when there is no plan within the limit, `busy` when there is none
	 * during a change, and the error that the check ended with.
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

	/** After the clock was set back a plan lies in the future: it is not fresh either. */
	#isFresh(plan: Available, installed: string): boolean {
		const age = Math.abs(this.#clock.now() - Date.parse(plan.checkedAt));
		return plan.installed === installed && age <= this.#limits.fresh;
	}

	async #ask(last: Available | undefined): Promise<Checked> {
		const installed = installedInfo(this.#box).version;
		const stamp = sendSignal(this.#directories, CHECK, '');
		const heard = await waitAdmitted(
			this.#directories,
			CHECK,
			stamp,
			this.#clock,
			this.#limits.heard,
			this.#stopping,
		);
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

	/**
	 * The updater locks the source: a check that comes just after a change began takes as long as the change,
	 * so this does not wait for it.
	 */
	async #end(stamp: Stamp): Promise<SignalReport | undefined> {
		const limit = this.#clock.monotonic() + this.#limits.checked;
		for (;;) {
			const left = Math.max(0, limit - this.#clock.monotonic());
			const ended = await waitEnded(
				this.#directories,
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

/** During a change the last plan is the best answer. */
function beside({ change }: ChangeStatus, plan: Available | undefined): Checked {
	if (plan !== undefined) return { available: plan, check: 'ended' };
	throw problem(
		'busy',
		'cannot check for releases while an update is in progress',
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
		'cannot list releases yet: the check is still running',
		'ask again in a minute',
		{
			retry: 'later',
			facts: { limit },
		},
	);
}

/** The trigger's own error only says how it ended; its last output says why. */
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
