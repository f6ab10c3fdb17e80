/** How the age of the news is told to people. */

import type { Available } from '../../../model/release/plan.ts';
import { type Freshness, staleSince } from '../../../model/status/freshness.ts';
import { oneLine, printLine } from '../../../terminal/print.ts';
import type { Sink } from '../../../terminal/world.ts';

/** Returns how old the news are that a plan was made from; undefined where nobody vouches for any. */
export function describeFreshness({ news, newest, trust }: Available, now: number): string | undefined {
	if (news === null) return trust === 'unsigned' ? undefined : 'never verified so far';
	const { verifiedAt, newestSince, goodUntil } = news;
	const stale = staleSince(news, now);
	if (goodUntil === null)
		return `verified ${verifiedAt}; nothing newer than ${newest ?? 'then'} since ${newestSince}, and nothing here expires`;
	return stale === null
		? `verified ${verifiedAt}, good until ${goodUntil.at} (${oneLine(goodUntil.role)})`
		: `STALE since ${stale} (${oneLine(goodUntil.role)}), verified ${verifiedAt}`;
}

/** Warns where what is known of the source has expired. */
export function tellStale(sink: Sink, news: Freshness | null, now: number): void {
	const stale = news === null ? null : staleSince(news, now);
	if (stale === null) return;
	printLine(
		sink,
		`WARNING: the news of the source are stale since ${stale}: nobody renewed them, or somebody withholds newer ones.`,
	);
}
