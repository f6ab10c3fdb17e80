/** Starts updates: a request reaches root once, however often it is repeated. */
import { type ErrorRecord, problem, recordOf } from '../../../model/base/error.ts';
import type { Layout } from '../../../model/base/layout.ts';
import { parseTag, type Tag } from '../../../model/release/tag.ts';
import { parseVersion } from '../../../model/release/version.ts';
import { isEnd } from '../../../model/signal/report.ts';
import { type Clock, randomHex } from '../../../system/clock.ts';
import { sendSignal, waitAdmitted } from '../../../system/signal-client.ts';
import type { Limits } from '../limits.ts';
import { type Box, openChangeIn, UPDATE, valueIn } from '../status/box.ts';
import type { KarenPresence } from '../status/karen-presence.ts';
import type { StatusFile } from '../status/status-file.ts';
import type { Checks } from './checks.ts';
import { chooseRelease, type Release } from './choose-release.ts';
import { writeRequest } from './request-file.ts';
import { unanswered } from './unanswered.ts';

/** `ticket` stands as `id` in the signal's payload. */
export interface Started {
	readonly kind: 'started';
	readonly ticket: string;
	readonly to: Tag;
	readonly version: string;
}

/** `at` says where it stopped: another change, no release, writing the status file, or the signal. */
export interface NotStarted {
	readonly kind: 'not-started';
	readonly at: 'change' | 'plan' | 'status-file' | 'signal';
	readonly error: ErrorRecord;
}

export type Start = Started | NotStarted;

interface PendingRequest {
	readonly requested: Tag | undefined;
	readonly start: Promise<Start>;
	/** Monotonic. Until then an equal request shares this start; endless while karen has not answered. */
	until: number;
}

/** What a start needs of the manager. */
export interface StartWorld {
	readonly layout: Layout;
	readonly box: Box;
	readonly checks: Checks;
	readonly status: StatusFile;
	readonly presence: KarenPresence;
	readonly clock: Clock;
	readonly limits: Limits;
	readonly stopping: AbortSignal;
}

export class Starts {
	readonly #world: StartWorld;
	#last: PendingRequest | undefined;

	constructor(world: StartWorld) {
		this.#world = world;
	}

	/**
	 * Requests the named release, or else the next one, and returns once karen has admitted the signal. Two
	 * requests for one release within a second share one signal and one answer. Never throws. Crash: the
	 * request may stand in the status file without a signal, which has no effect.
	 */
	async start(requested: Tag | undefined): Promise<Start> {
		const last = this.#last;
		if (last === undefined || this.#world.clock.monotonic() > last.until) return this.#startNew(requested);
		const start = await last.start;
		if (start.kind === 'started')
			return meansSame(requested, start) ? start : notStarted('change', busyWith(start.to, {}));
		return requested === last.requested ? start : this.start(requested);
	}

	#startNew(requested: Tag | undefined): Promise<Start> {
		const pending: PendingRequest = {
			requested,
			start: this.#begin(requested),
			until: Number.POSITIVE_INFINITY,
		};
		this.#last = pending;
		void pending.start.then((start) => {
			pending.until =
				start.kind === 'started'
					? this.#world.clock.monotonic() + this.#world.limits.repeat
					: Number.NEGATIVE_INFINITY;
		});
		return pending.start;
	}

	async #begin(requested: Tag | undefined): Promise<Start> {
		const busy = this.#busy();
		if (busy !== undefined) return notStarted('change', busy);
		const release = await this.#release(requested);
		// An operator may have started an update during the check; its hooks write the status file then.
		const busyNow = this.#busy();
		if (busyNow !== undefined) return notStarted('change', busyNow);
		return 'kind' in release ? release : this.#ask(release);
	}

	/**
	 * Until the updater publishes the change, karen's report is the only sign of it; a report of a dead karen
	 * does not count.
	 */
	#busy(): unknown {
		const { box, presence } = this.#world;
		const change = openChangeIn(box.change.read());
		if (change !== undefined) return busyWith(change.goal, { change: change.change });
		const report = valueIn(box.updateReport.read());
		if (report === undefined || isEnd(report.state) || presence.now() === 'not-running') return undefined;
		return busyWith('a release', { run: report.run });
	}

	async #release(requested: Tag | undefined): Promise<Release | NotStarted> {
		try {
			return chooseRelease((await this.#world.checks.plan()).available, requested);
		} catch (thrown) {
			return notStarted('plan', thrown);
		}
	}

	async #ask(release: Release): Promise<Start> {
		const { layout, status, clock, limits, stopping } = this.#world;
		const to = parseTag(release.tag);
		if (to === undefined) return notStarted('plan', unreadableTag(release.tag));
		try {
			writeRequest(layout.updateStatus, to, status.lastGood()?.raw);
		} catch (thrown) {
			return notStarted('status-file', thrown);
		}
		try {
			const ticket = randomHex(12);
			const stamp = sendSignal(layout, UPDATE, JSON.stringify({ updateTo: to, id: ticket }));
			const heard = await waitAdmitted(layout, UPDATE, stamp, clock, limits.heard, stopping);
			if (heard === undefined) return notStarted('signal', unanswered(UPDATE, limits.heard, stopping));
			if (heard.stamp === stamp && heard.state === 'refused')
				return notStarted('signal', refused(heard.error));
			return { kind: 'started', ticket, to, version: release.version };
		} catch (thrown) {
			return notStarted('signal', thrown);
		}
	}
}

function meansSame(requested: Tag | undefined, started: Started): boolean {
	return requested === undefined || parseVersion(requested) === parseVersion(started.to);
}

function notStarted(at: NotStarted['at'], thrown: unknown): NotStarted {
	return { kind: 'not-started', at, error: recordOf(thrown) };
}

function busyWith(to: string, facts: Readonly<Record<string, string>>): Error {
	const hint = 'wait until it has ended; GET /api/v1/status shows its progress';
	return problem('busy', `an update to ${to} is already in progress`, hint, {
		retry: 'later',
		facts: { to, ...facts },
	});
}

function unreadableTag(tag: string): Error {
	return problem(
		'wish-unreadable',
		`cannot request ${JSON.stringify(tag.slice(0, 100))}: it is not a tag`,
		'check again for releases',
	);
}

function refused(error: ErrorRecord | null): Error {
	const { code, message, hint, ...details } = error ?? recordOf(new Error('karen refused the signal'));
	return problem(code, message, hint, details);
}
