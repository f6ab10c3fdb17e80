/**
 * The memory of failures: what a failed release costs the next time, and until when it is withheld. Spans are milliseconds,
 * instants milliseconds since 1970 by a wall clock that may stand at 1970 after a boot, and jump either way.
 */

import { senseOf } from '../../model/base/earliest-time.ts';
import type { Failure } from '../../model/change/failure.ts';
import type { Opened } from '../../model/change/journal.ts';
import type { Outcome } from '../../model/change/outcome.ts';
import type { Version } from '../../model/release/version.ts';
import type { RetryRule } from '../../model/signal/requested-release.ts';
import { attributionOf } from './attribution.ts';

const HOUR = 3_600_000;
const FIRST_WAIT = 8 * HOUR;
const LONGEST_WAIT = 14 * 24 * HOUR;

/** How often a release may be tried again before its wait is over: who asks may be a manager that was taken over. */
export const RETRIES = 5;

/** How many releases are remembered; the oldest failures go first. */
const LENGTH = 20;

/** Returns how long the release is left alone. A first cut may be the power's doing, so it costs nothing. */
export function waitOf({ times, blame }: Pick<Failure, 'times' | 'blame'>): number {
	const counted = blame === 'release' ? times : times - 1;
	return counted < 1 ? 0 : Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** (counted - 1));
}

/**
 * Returns the memory after a change ended at `now`: an update that failed is noted once, however often its end is told (a cut
 * repeats it); one that was committed is forgiven.
 */
export function remember(
	failures: readonly Failure[],
	opened: Opened,
	outcome: Outcome,
	now: number,
): readonly Failure[] {
	if (opened.kind !== 'update') return failures;
	const before = failures.find(({ version }) => version === opened.to);
	const others = failures.filter((one) => one !== before);
	if (outcome.kind === 'committed') return before === undefined ? failures : others;
	const blame = attributionOf(outcome);
	if (blame === 'nobody' || before?.change === opened.change) return failures;
	const { code, message } = outcome.cause;
	const failure: Failure = {
		tag: opened.tag,
		version: opened.to,
		from: opened.from,
		change: opened.change,
		at: now,
		times: (before?.times ?? 0) + 1,
		retried: before?.retried ?? 0,
		blame,
		cause: { code, message: message.slice(0, 1000) },
	};
	return [failure, ...others].slice(0, LENGTH);
}

/** Returns the memory when a release is about to be tried: asked for before its time, it is counted; by itself, counted anew. */
export function noteTry(failures: readonly Failure[], version: Version, rule: RetryRule): readonly Failure[] {
	if (!failures.some((one) => one.version === version)) return failures;
	return failures.map((one) =>
		one.version === version ? { ...one, retried: rule === 'respected' ? 0 : one.retried + 1 } : one,
	);
}

/**
 * Returns the memory as it counts at `now`. A failure of the future, or of a time when the clock was not set, counts from
 * now. While the clock is not set nothing is moved that was noted when it was.
 */
export function settle(failures: readonly Failure[], now: number): readonly Failure[] {
	if (!failures.some((one) => isOfAnotherTime(one.at, now))) return failures;
	return failures.map((one) => (isOfAnotherTime(one.at, now) ? { ...one, at: now } : one));
}

function isOfAnotherTime(at: number, now: number): boolean {
	return senseOf(at) === senseOf(now) ? at > now : senseOf(now) === 'set';
}

export interface Withheld {
	readonly failure: Failure;
	/** When it is taken again by itself. */
	readonly until: number;
	/** Whether asking for it can help before. */
	readonly retry: 'possible' | 'used-up';
}

/** Returns what is withheld at `now` from a request, by version. `failures` are settled. */
export function withheldAt(
	failures: readonly Failure[],
	now: number,
	rule: RetryRule,
): ReadonlyMap<Version, Withheld> {
	const withheld = new Map<Version, Withheld>();
	for (const failure of failures) {
		const until = failure.at + waitOf(failure);
		const retry = failure.retried < RETRIES ? 'possible' : 'used-up';
		if (now < until && (rule === 'respected' || retry === 'used-up'))
			withheld.set(failure.version, { failure, until, retry });
	}
	return withheld;
}
