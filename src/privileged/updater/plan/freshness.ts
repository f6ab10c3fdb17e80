/** `trust/news.json`: when the source was last verified, and until when that is good. It stays when the source falls silent or stale. */

import { clockSenseAt } from '../../../model/base/earliest-time.ts';
import { recordOf } from '../../../model/base/error.ts';
import { objectFormat } from '../../../model/base/file-format.ts';
import type { Json } from '../../../model/base/json.ts';
import { type Freshness, parseFreshness } from '../../../model/status/freshness.ts';
import type { Listing } from '../../../sources/source.ts';
import { isoTime } from '../../../system/clock.ts';
import { makeDirectory } from '../../../system/files/files.ts';
import { StateFile } from '../../../system/files/state-file.ts';
import type { World } from '../world.ts';

const MAX_BYTES = 4096;

/** Returns the news of the last time that the source was verified; null: it never was, or nobody vouches for it. Never a refusal: it is shown. */
export function lastFreshness(world: Pick<World, 'layout' | 'config'>): Freshness | null {
	return world.config.trust.mode === 'unsigned' ? null : (freshnessFile(world).value()?.freshness ?? null);
}

/**
 * Notes that all of the listing was verified just now. What a clock says that is not set is not noted; what cannot be written is told in the log.
 * Crash: the news of before.
 */
export function recordFreshness(world: World, { channel, goodUntil }: Listing): void {
	const { layout, config, clock } = world;
	if (config.trust.mode === 'unsigned' || channel.kind !== 'info' || clockSenseAt(clock.now()) === 'not-set')
		return;
	const file = freshnessFile(world);
	const before = file.value();
	const [verifiedAt, newest] = [isoTime(clock.now()), channel.info.version];
	const newestSince = before?.newest === newest ? (before.freshness?.newestSince ?? verifiedAt) : verifiedAt;
	const until = goodUntil === null ? null : { role: goodUntil.role, at: isoTime(goodUntil.at) };
	try {
		makeDirectory(layout.trust, 0o700);
		file.write({ newest, freshness: { verifiedAt, newestSince, goodUntil: until } });
	} catch (thrown) {
		world.log.problem(recordOf(thrown));
	}
}

/** What stands in the file: the version that was newest then, and when the source was verified. */
interface Noted {
	readonly newest: Json;
	readonly freshness: Freshness | null;
}

function freshnessFile({ layout }: Pick<World, 'layout'>): StateFile<Noted> {
	const format = objectFormat(MAX_BYTES, (object) => ({
		newest: object['newest'] ?? null,
		freshness: parseFreshness(object),
	}));
	return new StateFile(layout.freshness, format, ({ newest, freshness }) => ({ newest, ...freshness }));
}
