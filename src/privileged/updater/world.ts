/** What commands and steps work on; a parameter, so that tests can pass their own. */
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
	/** The file that the configuration was read from. */
	readonly configFile: string;
	readonly clock: Clock;
	/** Returns the id of the current boot. */
	readonly boot: () => string;
	readonly source: Releases;
	readonly statuses: StatusesDirectory;
	readonly publisher: Publisher;
	readonly log: Log;
	/**
	 * The file in which karen expects the exit code if she is restarted meanwhile; undefined: karen did not
	 * start this process.
	 */
	readonly endFile: string | undefined;
}

/** The part of the world that needs no open source. */
export type Place = Pick<World, 'layout' | 'config'>;

/** The world of a running change. */
export interface ChangeWorld extends World {
	readonly opened: Opened;
	readonly journal: () => Journal;
	/** The points the change has passed. */
	readonly points: () => Points;
	/** `<state>/changes/<change>`: journal, logs, backup. */
	readonly dir: string;
}

/** Time limit of copying one tree, in milliseconds: a slow card needs hours. */
const COPY_LIMIT = 4 * 3_600_000;

export function rsyncPlace(world: Place): RsyncPlace {
	return { path: world.config.hooks.path, timeout: COPY_LIMIT, state: world.layout.state };
}

/** Top-level names that are Signalbox's or temporary files of hooks, and never part of a backup. */
export function spareNames(world: Place): readonly string[] {
	return [`.${world.config.product}-*`, '.signalbox', '.signalbox-*'];
}

/**
 * Paths never backed up, whatever the filters say: a restored signal would fire again, and a restored status
 * would be outdated.
 */
export function sparePaths(world: Place): readonly string[] {
	return [...spareNames(world), 'events/signals/*', 'statuses/*'];
}
