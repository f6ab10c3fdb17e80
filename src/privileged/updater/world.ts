/** What the steps of a change work on: handed in, so that tests hand in their own. */
import type { Points } from '../../engine/change/pipeline.ts';
import type { Layout } from '../../model/base/layout.ts';
import type { Journal, Opened } from '../../model/change/journal.ts';
import type { Config } from '../../model/config/config.ts';
import type { Clock } from '../../system/clock.ts';
import type { RsyncPlace } from '../../system/files/rsync.ts';
import type { Log } from '../../system/log.ts';
import type { StatusesDirectory } from '../access/statuses-directory.ts';
import type { Releases } from './releases/releases.ts';
import type { Publisher } from './status/publisher.ts';

export interface World {
	readonly layout: Layout;
	readonly config: Config;
	/** The file the configuration was read from. */
	readonly configFile: string;
	readonly clock: Clock;
	/** Returns the id of the present boot. */
	readonly boot: () => string;
	readonly source: Releases;
	readonly statuses: StatusesDirectory;
	readonly publisher: Publisher;
	readonly log: Log;
	/** Where karen looks for how the request ended, should she not see it herself; undefined: nobody does. */
	readonly endFile: string | undefined;
}

/** What of the world is there before it is asked for anything. */
export type Place = Pick<World, 'layout' | 'config'>;

/** A change at work. */
export interface ChangeWorld extends World {
	readonly opened: Opened;
	readonly journal: () => Journal;
	/** The points the change has passed. */
	readonly points: () => Points;
	/** `<state>/changes/<change>`: journal, logs, backup. */
	readonly dir: string;
}

/** Limit of one copy of a tree in milliseconds: hours, on a slow card. */
const COPY_LIMIT = 4 * 3_600_000;

export function rsyncPlace(world: Place): RsyncPlace {
	return { path: world.config.hooks.path, timeout: COPY_LIMIT, state: world.layout.state };
}

/** Top-level names of the root that are ours or a hook's own business in passing, never part of a backup. */
export function spareNames(world: Place): readonly string[] {
	return [`.${world.config.product}-*`, '.signalbox', '.signalbox-*'];
}

/** Whatever a release's filters say: a signal that was put back would ring once more, and an older report would be told anew. */
export function sparePaths(world: Place): readonly string[] {
	return [...spareNames(world), 'events/signals/*', 'statuses/*'];
}
