/** Runs the planner: looks up in the source what it needs, one answer at a time, until there is a plan. */
import {
	type Catalogue,
	type Lookup,
	PLAN_POLICY,
	type Planning,
	planPath,
	planRequested,
} from '../../../engine/plan/plan.ts';
import { recordOf } from '../../../model/base/error.ts';
import type { SpacePlan } from '../../../model/change/space.ts';
import type { InfoJson } from '../../../model/release/info.ts';
import type { Available, Plan } from '../../../model/release/plan.ts';
import { type Tag, tagsOfVersion } from '../../../model/release/tag.ts';
import type { Version } from '../../../model/release/version.ts';
import type { RequestedRelease, RetryRule } from '../../../model/signal/requested-release.ts';
import { isoTime } from '../../../system/clock.ts';
import { pruneDisregarded } from '../releases/prune-store.ts';
import type { World } from '../world.ts';
import { withheldNow } from './failed-releases.ts';
import { lastFreshness, recordFreshness } from './freshness.ts';
import type { InstalledNow } from './installed-version.ts';
import { raiseMinimumVersionTo } from './minimum-version.ts';
import { planSpace } from './space.ts';

/** Returns the plan from the installed release to the requested or the newest one. Throws `source-…`. */
export async function makePlan(
	world: World,
	installed: InfoJson,
	requested: RequestedRelease,
	rule: RetryRule,
): Promise<Plan> {
	return (await survey(world, installed, requested, rule)).plan;
}

interface Survey {
	readonly plan: Plan;
	/** The releases that the plan considered; undefined: the source could not be read. */
	readonly regarded: ReadonlySet<Tag> | undefined;
}

async function survey(
	world: World,
	installed: InfoJson,
	requested: RequestedRelease,
	rule: RetryRule,
): Promise<Survey> {
	const policy = { ...PLAN_POLICY, withheld: withheldNow(world, rule) };
	const listing = await world.source.list();
	recordFreshness(world, listing);
	const { channel, tags, minimumSafeVersion } = listing;
	if (minimumSafeVersion !== null) raiseMinimumVersionTo(world, minimumSafeVersion);
	const infos = new Map<Tag, Lookup>();
	const catalogue: Catalogue = { channel, tags, infos };
	for (;;) {
		const planning: Planning =
			requested.kind === 'tag'
				? planRequested(requested.tag, installed, catalogue, policy)
				: planPath(installed, catalogue, policy);
		switch (planning.kind) {
			case 'planned':
				return {
					plan: planning.plan,
					regarded: new Set([...infos.keys(), ...[...policy.withheld.keys()].flatMap(tagsOfVersion)]),
				};
			case 'need':
				for (const tag of planning.tags) infos.set(tag, await world.source.infoAt(tag));
				break;
			case 'need-channel':
				throw new Error('the channel was looked up');
		}
	}
}

/** Publishes the plan to the newest release. If the source cannot be read, that is the plan's reason. */
export async function publishAvailable(world: World, installed: InstalledNow): Promise<Available> {
	const { plan, regarded } = await surveyOrReason(world, installed);
	const available = toAvailable(world, plan, await spaceOrNothing(world, plan));
	world.publisher.available(available);
	if (regarded !== undefined) await pruneDisregarded(world, plan.installed, regarded);
	return available;
}

async function surveyOrReason(world: World, installed: InstalledNow): Promise<Survey> {
	if (installed.kind === 'differs') return noPlan(installed.noted, installed.error);
	try {
		return await survey(world, installed.info, { kind: 'next' }, 'respected');
	} catch (thrown) {
		return noPlan(installed.info.version, thrown);
	}
}

function noPlan(installed: Version, why: unknown): Survey {
	return { plan: { installed, newest: null, path: [], reason: recordOf(why) }, regarded: undefined };
}

/** A plan without its disk space is still useful. */
async function spaceOrNothing(world: World, { path }: Plan): Promise<SpacePlan | null> {
	try {
		return await planSpace(world, path);
	} catch (thrown) {
		world.log.problem(recordOf(thrown));
		return null;
	}
}

function toAvailable(world: World, plan: Plan, space: SpacePlan | null): Available {
	return {
		installed: plan.installed,
		newest: plan.newest,
		path: plan.path.map((hop) => ({ tag: hop.tag, version: hop.version, info: hop.info.raw })),
		reason: plan.reason,
		space,
		schema: 1,
		checkedAt: isoTime(world.clock.now()),
		trust: world.config.trust.mode,
		news: lastFreshness(world),
	};
}
