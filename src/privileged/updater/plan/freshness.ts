/** `trust/news.json`: when the source was last verified, and until when that is good. It stays when the source falls silent or stale. */

import { senseOf } from '../../../model/base/earliest-time.ts';
import { recordOf } from '../../../model/base/error.ts';
import { asObject, decodeText, parseJson } from '../../../model/base/json.ts';
import { type Freshness, parseFreshness } from '../../../model/status/freshness.ts';
import type { Listing } from '../../../sources/source.ts';
import { isoTime } from '../../../system/clock.ts';
import { makeDirectory, readSmall, replaceDurably } from '../../../system/files/files.ts';
import type { World } from '../world.ts';

const MAX_BYTES = 4096;

/** Returns the news of the last time that the source was verified; null: it never was, or nobody vouches for it. Never a refusal: it is shown. */
export function lastFreshness(world: Pick<World, 'layout' | 'config'>): Freshness | null {
	return world.config.trust.mode === 'unsigned' ? null : parseFreshness(noted(world));
}

/**
 * Notes that all of the listing was verified just now. What a clock says that is not set is not noted; what cannot be written is told in the log.
 * Crash: the news of before.
 */
export function recordFreshness(world: World, { channel, goodUntil }: Listing): void {
	const { layout, config, clock } = world;
	if (config.trust.mode === 'unsigned' || channel.kind !== 'info' || senseOf(clock.now()) === 'not-set')
		return;
	const before = noted(world);
	const [verifiedAt, newest] = [isoTime(clock.now()), channel.info.version];
	const newestSince =
		before['newest'] === newest ? (parseFreshness(before)?.newestSince ?? verifiedAt) : verifiedAt;
	const until = goodUntil === null ? null : { role: goodUntil.role, at: isoTime(goodUntil.at) };
	const news = { verifiedAt, newestSince, goodUntil: until } satisfies Freshness;
	try {
		makeDirectory(layout.trust, 0o700);
		replaceDurably(layout.news, `${JSON.stringify({ schema: 1, newest, ...news })}\n`);
	} catch (thrown) {
		world.log.problem(recordOf(thrown));
	}
}

function noted({ layout }: Pick<World, 'layout'>) {
	const read = readSmall(layout.news, MAX_BYTES);
	const parsed = parseJson(read.kind === 'file' ? (decodeText(read.bytes) ?? '') : '');
	return (parsed.kind === 'json' ? asObject(parsed.value) : undefined) ?? {};
}
