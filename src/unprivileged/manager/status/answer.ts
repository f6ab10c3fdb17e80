/**
 * Answers `GET /api/v1/status`, and encodes a new body only when something that root publishes has changed.
 */
import { type Problem, problem } from '../../../model/base/error.ts';
import { staleSince } from '../../../model/status/freshness.ts';
import type { Clock } from '../../../system/clock.ts';
import { type Body, KeptBody } from '../http/body.ts';
import { type Box, valueIn } from './box.ts';
import type { KarenPresence } from './karen-presence.ts';
import { statusView } from './view.ts';

export class StatusAnswer {
	readonly #box: Box;
	readonly #presence: KarenPresence;
	readonly #clock: Clock;
	readonly #kept = new KeptBody();

	constructor(box: Box, presence: KarenPresence, clock: Clock) {
		this.#box = box;
		this.#clock = clock;
		this.#presence = presence;
	}

	/** Throws `io-error` when change.json cannot be read: answering `idle` would be wrong. */
	body(): Body {
		const box = this.#box;
		const [change, history, info] = [box.change.glance(), box.history.glance(), box.info.glance()];
		const available = box.available.glance();
		const news = valueIn(available)?.news ?? null;
		const stale = news === null ? null : staleSince(news, this.#clock.now());
		const [karen, presence, report] = [box.karen.glance(), this.#presence.now(), box.updateReport.glance()];
		if (change.kind === 'unreadable') throw cannotRead(change.why);
		return this.#kept.of([change, history, info, available, stale, karen, presence, report], () =>
			statusView({
				change: valueIn(change),
				last: valueIn(history)?.changes[0],
				installed: valueIn(info)?.version,
				available: valueIn(available),
				stale,
				karen: valueIn(karen),
				presence,
				report: valueIn(report),
			}),
		);
	}
}

function cannotRead(why: string): Problem {
	const hint = 'let the group of statuses/ read it; signalbox init mends its owner';
	return problem('io-error', `cannot read statuses/change.json: ${why}`, hint, {
		retry: 'later',
		facts: { why },
	});
}
