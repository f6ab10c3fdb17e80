/** Starts: how the wish for a release reaches root, once, however often it is uttered. */
import { type ErrorRecord, problem, recordOf } from '../../../model/base/error.ts';
import type { Layout } from '../../../model/base/layout.ts';
import { parseTag, type Tag } from '../../../model/release/tag.ts';
import { parseVersion } from '../../../model/release/version.ts';
import { isEnd } from '../../../model/signal/report.ts';
import { type Clock, randomHex } from '../../../system/clock.ts';
import { ring, waitHeard } from '../../../system/signal-client.ts';
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

/** `at` says how far it came: nothing is running, no release to be had, the status file, the doorbell. */
export interface NotStarted {
	readonly kind: 'not-started';
	readonly at: 'change' | 'plan' | 'wish' | 'ring';
	readonly error: ErrorRecord;
}

export type Start = Started | NotStarted;

interface PendingRequest {
	readonly wish: Tag | undefined;
	readonly start: Promise<Start>;
	/** Monotonic. Until then the same wish is the same start; endless while karen has not answered. */
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
	 * Asks root for the release that `wish` names, else for the next one, and returns when karen has heard. Two wishes that
	 * mean one release within a second are one signal, and both get the same answer. Never throws.
	 * Crash: the wish may stand in the status file without a signal, which does nothing.
	 */
	async start(wish: Tag | undefined): Promise<Start> {
		const last = this.#last;
		if (last === undefined || this.#world.clock.monotonic() > last.until) return this.#utter(wish);
		const start = await last.start;
		if (start.kind === 'started')
			return meansSame(wish, start) ? start : notStarted('change', busyWith(start.to, {}));
		return wish === last.wish ? start : this.start(wish);
	}

	#utter(wish: Tag | undefined): Promise<Start> {
		const pending: PendingRequest = { wish, start: this.#begin(wish), until: Number.POSITIVE_INFINITY };
		this.#last = pending;
		void pending.start.then((start) => {
			pending.until =
				start.kind === 'started'
					? this.#world.clock.monotonic() + this.#world.limits.repeat
					: Number.NEGATIVE_INFINITY;
		});
		return pending.start;
	}

	async #begin(wish: Tag | undefined): Promise<Start> {
		const busy = this.#busy();
		if (busy !== undefined) return notStarted('change', busy);
		const release = await this.#release(wish);
		// A check takes its time, and an operator may have rung meanwhile: hooks write the status file then.
		const busyNow = this.#busy();
		if (busyNow !== undefined) return notStarted('change', busyNow);
		return 'kind' in release ? release : this.#ask(release);
	}

	/** Between karen's hearing and the updater's first word, her report is all there is; one that a dead karen left is none. */
	#busy(): unknown {
		const { box, presence } = this.#world;
		const change = openChangeIn(box.change.read());
		if (change !== undefined) return busyWith(change.goal, { change: change.change });
		const report = valueIn(box.updateReport.read());
		if (report === undefined || isEnd(report.state) || presence.now() === 'not-running') return undefined;
		return busyWith('a release', { run: report.run });
	}

	async #release(wish: Tag | undefined): Promise<Release | NotStarted> {
		try {
			return chooseRelease((await this.#world.checks.plan()).available, wish);
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
			return notStarted('wish', thrown);
		}
		try {
			const ticket = randomHex(12);
			const stamp = ring(layout, UPDATE, JSON.stringify({ updateTo: to, id: ticket }));
			const heard = await waitHeard(layout, UPDATE, stamp, clock, limits.heard, stopping);
			if (heard === undefined) return notStarted('ring', unanswered(UPDATE, limits.heard, stopping));
			if (heard.stamp === stamp && heard.state === 'refused') return notStarted('ring', refused(heard.error));
			return { kind: 'started', ticket, to, version: release.version };
		} catch (thrown) {
			return notStarted('ring', thrown);
		}
	}
}

function meansSame(wish: Tag | undefined, started: Started): boolean {
	return wish === undefined || parseVersion(wish) === parseVersion(started.to);
}

function notStarted(at: NotStarted['at'], thrown: unknown): NotStarted {
	return { kind: 'not-started', at, error: recordOf(thrown) };
}

function busyWith(to: string, facts: Readonly<Record<string, string>>): Error {
	const hint = 'wait until it has ended; GET /api/v1/status tells how far it is';
	return problem('busy', `an update to ${to} is under way already`, hint, {
		retry: 'later',
		facts: { to, ...facts },
	});
}

function unreadableTag(tag: string): Error {
	return problem(
		'wish-unreadable',
		`cannot ask for ${JSON.stringify(tag.slice(0, 100))}: it is not a tag`,
		'check again for releases',
	);
}

function refused(error: ErrorRecord | null): Error {
	const { code, message, hint, ...details } = error ?? recordOf(new Error('karen refused the signal'));
	return problem(code, message, hint, details);
}
