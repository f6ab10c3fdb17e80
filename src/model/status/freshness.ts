/** How old the news of the source are, as far as somebody vouches for them: who withholds newer ones is found out by their age alone. */
import { asObject, type Json } from '../base/json.ts';

/** Until when what was verified is good. */
export interface GoodUntil {
	/** The role whose metadata ends first: `timestamp`, mostly. */
	readonly role: string;
	/** Milliseconds since 1970. */
	readonly at: number;
}

/** As `statuses/available.json` and the API have it. Times are ISO 8601 in UTC. */
export interface Freshness {
	/** When the source was last read with all of it verified. */
	readonly verifiedAt: string;
	/** Since when this box has seen nothing newer announced than what was announced then. */
	readonly newestSince: string;
	/** Null: in this mode of trust nothing expires. */
	readonly goodUntil: { readonly role: string; readonly at: string } | null;
}

/** Returns since when the news are stale, ISO 8601, or null: they are good at `now` (milliseconds since 1970), or never expire. */
export function staleSince(news: Freshness, now: number): string | null {
	return news.goodUntil !== null && Date.parse(news.goodUntil.at) <= now ? news.goodUntil.at : null;
}

/** Reads news that were published. Returns null for anything else. */
export function parseFreshness(value: Json | undefined): Freshness | null {
	const raw = asObject(value);
	const [verifiedAt, newestSince, goodUntil] = [
		timeOf(raw?.['verifiedAt']),
		timeOf(raw?.['newestSince']),
		asObject(raw?.['goodUntil']),
	];
	if (verifiedAt === undefined || newestSince === undefined) return null;
	const [role, at] = [goodUntil?.['role'], timeOf(goodUntil?.['at'])];
	return {
		verifiedAt,
		newestSince,
		goodUntil: typeof role === 'string' && at !== undefined ? { role, at } : null,
	};
}

function timeOf(value: Json | undefined): string | undefined {
	return typeof value === 'string' && !Number.isNaN(Date.parse(value)) ? value : undefined;
}
