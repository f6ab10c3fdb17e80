/**
 * Decides for how long a failed release is withheld. Spans are milliseconds; instants are milliseconds since
 * 1970 by a wall clock that may be at 1970 after a boot and may jump either way.
 */

import { clockSenseAt } from '../../model/base/earliest-time.ts';
import type { Failure } from '../../model/change/failure.ts';
import type { Opened } from '../../model/change/journal.ts';
import type { Outcome } from '../../model/change/outcome.ts';
import type { Version } from '../../model/release/version.ts';
import type { RetryRule } from '../../model/signal/requested-release.ts';
import { attributionOf } from './attribution.ts';

const HOUR = 3_600_000;
const FIRST_WAIT = 8 * HOUR;
const LONGEST_WAIT = 14 * 24 * HOUR;

/** How often a release may be retried before its wait is over: the caller may be a compromised manager. */
export const RETRIES = 5;

/** The maximum number of failed releases kept; the oldest failures are dropped first. */
const LENGTH = 20;

/** Returns how long the release is withheld. A first interruption may be a power cut, so it costs nothing. */
export function waitOf({ times, blame }: Pick<Failure, 'times' | 'blame'>): number {
	const counted = blame === 'release' ? times : times - 1;
	return counted < 1 ? 0 : Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** (counted - 1));
}

/**
 * Returns the failures after a change ended at `now`. A failed update is recorded once, even when its end is
 * reported again after a power cut; a committed update removes the failure.
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

/**
 * Returns the failures when a release is about to be tried: an early retry is counted, an automatic try
 * resets the count.
 */
export function noteTry(failures: readonly Failure[], version: Version, rule: RetryRule): readonly Failure[] {
	if (!failures.some((one) => one.version === version)) return failures;
	return failures.map((one) =>
		one.version === version ? { ...one, retried: rule === 'respected' ? 0 : one.retried + 1 } : one,
	);
}

/**
 * Returns the failures as they count at `now`. A failure in the future, or from before the clock was set,
 * counts from now. While the clock is not set, failures recorded with a set clock keep their time.
 */
export function settle(failures: readonly Failure[], now: number): readonly Failure[] {
	if (!failures.some((one) => isOfAnotherTime(one.at, now))) return failures;
	return failures.map((one) => (isOfAnotherTime(one.at, now) ? { ...one, at: now } : one));
}

function isOfAnotherTime(at: number, now: number): boolean {
	return clockSenseAt(at) === clockSenseAt(now) ? at > now : clockSenseAt(now) === 'set';
}

export interface Withheld {
	readonly failure: Failure;
	/** When it is tried again automatically. */
	readonly until: number;
	/** Whether `signalbox retry` can try it before. */
	readonly retry: 'possible' | 'used-up';
}

/** Returns the releases that are withheld at `now`, by version. `failures` are settled. */
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
