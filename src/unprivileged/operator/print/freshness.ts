/** The freshness of the source, in words. */

import type { Available } from '../../../model/release/plan.ts';
import { type Freshness, staleSince } from '../../../model/status/freshness.ts';
import { oneLine, printLine } from '../../../terminal/print.ts';
import type { Sink } from '../../../terminal/world.ts';

/** Returns the freshness of the metadata behind a plan; undefined for unsigned sources. */
export function describeFreshness({ news, newest, trust }: Available, now: number): string | undefined {
	if (news === null) return trust === 'unsigned' ? undefined : 'never verified';
	const { verifiedAt, newestSince, goodUntil } = news;
	const stale = staleSince(news, now);
	if (goodUntil === null)
		return `verified ${verifiedAt}; nothing newer than ${newest ?? 'then'} since ${newestSince}; this metadata never expires`;
	return stale === null
		? `verified ${verifiedAt}, good until ${goodUntil.at} (${oneLine(goodUntil.role)})`
		: `STALE since ${stale} (${oneLine(goodUntil.role)}), verified ${verifiedAt}`;
}

/** Warns if the metadata of the source has expired. */
export function warnStale(sink: Sink, news: Freshness | null, now: number): void {
	const stale = news === null ? null : staleSince(news, now);
	if (stale === null) return;
	printLine(
		sink,
		`WARNING: the source is stale since ${stale}: its author did not renew it, or newer metadata is withheld.`,
	);
}
