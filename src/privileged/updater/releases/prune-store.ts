/**
 * What the store keeps: the installed release and those that may come next. It is pruned where a source is looked at, never in a
 * change: to pack anew takes room, for a moment, and a change has been promised its own. The store only saves downloads, so a failure
 * is logged and no more.
 */
import { recordOf } from '../../../model/base/error.ts';
import { type Tag, versionOfTag } from '../../../model/release/tag.ts';
import { isNewer, type Version } from '../../../model/release/version.ts';
import { isChangeOpen } from '../journal/change-journal.ts';
import type { World } from '../world.ts';

/** Before an update: the releases before the installed one go. The next fetch builds on what stays. */
export async function pruneOlder(world: World, installed: Version): Promise<void> {
	await prune(world, (tag) => !isNewer(installed, versionOfTag(tag)));
}

/** After a look at the source: what was not regarded goes too, as a release that was withdrawn or overtaken. */
export async function pruneDisregarded(
	world: World,
	installed: Version,
	regarded: ReadonlySet<Tag>,
): Promise<void> {
	// A change that was cut may need what is planned no more.
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
