/** When the source was last verified. Withheld releases can be noticed only by the age of what is known. */
import { asObject, type Json } from '../base/json.ts';

/** When the verified metadata expire. */
export interface GoodUntil {
	/** The role whose metadata expire first: usually `timestamp`. */
	readonly role: string;
	/** Milliseconds since 1970. */
	readonly at: number;
}

/** The key `news` of `statuses/available.json` and of the API. Times are ISO 8601 in UTC. */
export interface Freshness {
	/** When the source was last read and completely verified. */
	readonly verifiedAt: string;
	/** Since when the same release has been the newest. */
	readonly newestSince: string;
	/** Null: nothing expires in this trust mode. */
	readonly goodUntil: { readonly role: string; readonly at: string } | null;
}

/**
 * Returns when the metadata expired (ISO 8601), or null if they are valid at `now` (milliseconds since 1970).
 */
export function staleSince({ goodUntil }: Freshness, now: number): string | null {
	return goodUntil !== null && Date.parse(goodUntil.at) <= now ? goodUntil.at : null;
}

/** Parses the key `news`. Returns null for anything else. */
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
