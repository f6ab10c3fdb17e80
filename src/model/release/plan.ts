/**
 * The plan: the whole chain of releases from the installed one to the newest, or the reason why there is
 * none.
 */
import type { ErrorRecord } from '../base/error.ts';
import type { SpacePlan } from '../change/space.ts';
import type { Freshness } from '../status/freshness.ts';
import type { InfoJson } from './info.ts';
import type { Tag } from './tag.ts';
import type { Version } from './version.ts';

/** One release of a plan; it may be installed on the one before it. */
export interface Hop {
	readonly tag: Tag;
	readonly version: Version;
	readonly info: InfoJson;
}

/** Why there is no path; the codes are those of the plan in model/base/error.ts. */
export type PlanReason = ErrorRecord;

export interface Plan {
	readonly installed: Version;
	/** The version that the channel announces; null if that could not be read. */
	readonly newest: Version | null;
	/** In the order of installation; empty exactly when `reason` is set. */
	readonly path: readonly Hop[];
	readonly reason: PlanReason | null;
}

/** `statuses/available.json`: a plan as karen publishes it and `check --json` prints it. */
export interface Available {
	readonly schema: 1;
	readonly installed: string;
	readonly newest: string | null;
	readonly path: readonly {
		readonly tag: string;
		readonly version: string;
		readonly info: InfoJson['raw'];
	}[];
	readonly reason: PlanReason | null;
	/** The disk space that the largest release of the path needs; null if there is nothing to install. */
	readonly space: SpacePlan | null;
	/** ISO 8601 in UTC. */
	readonly checkedAt: string;
	readonly trust: string;
	/** How fresh the metadata is that the plan is based on; null if nothing was ever verified. */
	readonly news: Freshness | null;
}
