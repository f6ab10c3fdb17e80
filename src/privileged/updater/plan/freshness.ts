/**
 * `trust/news.json`: when the source was last verified, and when that expires. It is kept while the source
 * does not answer or is stale.
 */

import { clockSenseAt } from '../../../model/base/earliest-time.ts';
import { recordOf } from '../../../model/base/error.ts';
import { objectFormat } from '../../../model/base/file-format.ts';
import type { Json } from '../../../model/base/json.ts';
import { type Freshness, parseFreshness } from '../../../model/status/freshness.ts';
import type { Listing } from '../../../sources/source.ts';
import { isoTime } from '../../../system/clock.ts';
import { makeDirectory } from '../../../system/files/directories.ts';
import { StateFile } from '../../../system/files/state-file.ts';
import type { World } from '../world.ts';

const MAX_BYTES = 4096;

/** Returns when the source was last verified; null: never, or it is unsigned. Only for display. */
export function lastFreshness(world: Pick<World, 'layout' | 'config'>): Freshness | null {
	return world.config.trust.mode === 'unsigned' ? null : (freshnessFile(world).value()?.freshness ?? null);
}

/**
 * Records that the whole listing was verified just now, unless the clock is not set. A failed write is only
 * logged. Crash: the file is unchanged.
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

/** The file's content: the newest version at that time, and when the source was verified. */
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
