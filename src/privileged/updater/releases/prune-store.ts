/**
 * Prunes the store to the installed release and those that may come next. It runs after a lookup and never
 * during a change: repacking temporarily needs space that a change has reserved. The store only saves
 * downloads, so a failure is only logged.
 */
import { recordOf } from '../../../model/base/error.ts';
import { type Tag, versionOfTag } from '../../../model/release/tag.ts';
import { isNewer, type Version } from '../../../model/release/version.ts';
import { isChangeOpen } from '../journal/change-journal.ts';
import type { World } from '../world.ts';

/** Before an update: removes the releases older than the installed one. The next fetch reuses the rest. */
export async function pruneOlder(world: World, installed: Version): Promise<void> {
	await prune(world, (tag) => !isNewer(installed, versionOfTag(tag)));
}

/**
 * After a lookup: also removes releases that are no longer candidates, such as withdrawn or superseded ones.
 */
export async function pruneDisregarded(
	world: World,
	installed: Version,
	regarded: ReadonlySet<Tag>,
): Promise<void> {
	// An interrupted change may need a release that is no longer planned.
	if (isChangeOpen(world.layout)) return;
	await prune(world, (tag) => regarded.has(tag) || versionOfTag(tag) === installed);
}

async function prune(world: World, isWanted: (tag: Tag) => boolean): Promise<void> {
	try {
		const gone = await world.source.prune(isWanted);
		if (gone > 0) world.log.info('releases went from the store', { gone });
	} catch (thrown) {
		world.log.problem(recordOf(thrown));
	}
}
