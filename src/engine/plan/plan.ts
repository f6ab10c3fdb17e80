/**
 * The planner: which releases, in which order. Pure: it returns what it needs to know and is called again
 * with a fuller catalogue until the plan is complete. It asks for as little as possible, because each lookup
 * costs a fetch.
 */
import type { InfoJson } from '../../model/release/info.ts';
import type { Hop, Plan, PlanReason } from '../../model/release/plan.ts';
import { type Tag, tagsOfVersion, versionOfTag } from '../../model/release/tag.ts';
import { compareVersions, isNewer, isPrerelease, type Version } from '../../model/release/version.ts';
import { type Catalogue, type DeadEnd, type Lookup, tagsListed } from './catalogue.ts';
import {
	aheadOfChannel,
	channelSilent,
	newestNotTagged,
	requestedBeyondChannel,
	requestedInstalled,
	requestedIsPrerelease,
	requestedNotNewer,
	requestedNotTagged,
	upToDate,
	walkEnded,
} from './reason.ts';
import { walkBack } from './walk.ts';

export type { Catalogue, Lookup } from './catalogue.ts';

export interface PlanPolicy {
	/**
	 * Whether prereleases may be on the path or be requested. The channel's newest may always be one: that is
	 * the operator's choice of channel.
	 */
	readonly prereleases: 'when-installed-or-newest-is-one' | 'allow';
	/** Whether a request may name a release newer than what the channel announces. */
	readonly requests: 'up-to-newest' | 'any';
	/** How many tags' info.json one plan may ask for; the channel's own is not counted. */
	readonly maxLookups: number;
	/** Releases that are withheld now (engine/plan/failed-releases.ts), with the reason why. */
	readonly withheld: ReadonlyMap<Version, DeadEnd>;
}

export const PLAN_POLICY: PlanPolicy = {
	prereleases: 'when-installed-or-newest-is-one',
	requests: 'up-to-newest',
	maxLookups: 60,
	withheld: new Map(),
};

export type Planning =
	| { readonly kind: 'need-channel' }
	/** Look up info.json at these tags, all of them listed and none looked up yet, then call again. */
	| { readonly kind: 'need'; readonly tags: readonly Tag[] }
	| { readonly kind: 'planned'; readonly plan: Plan };

/** Returns the plan from the installed release to the channel's newest, or what must be looked up first. */
export function planPath(
	installed: InfoJson,
	catalogue: Catalogue,
	policy: PlanPolicy = PLAN_POLICY,
): Planning {
	const { channel } = catalogue;
	if (channel === undefined) return { kind: 'need-channel' };
	if (channel.kind !== 'info') return noPath(installed, null, channelSilent(channel));
	const newest = channel.info.version;
	const order = compareVersions(newest, installed.version);
	if (order === 0) return noPath(installed, newest, upToDate(installed.version));
	if (order < 0) return noPath(installed, newest, aheadOfChannel(installed.version, channel.info));
	const [target, ...others] = tagsListed(catalogue, newest);
	if (target === undefined) return noPath(installed, newest, newestNotTagged(installed.version, newest));
	return planTo([target, ...others], installed, newest, catalogue, policy);
}

/**
 * Returns the plan from the installed release up to the requested one, whether or not it lies on the path to
 * the newest. If it does, the plan is that path cut off at the request. A tag that is not listed stands for
 * its other spelling, with or without `v`. Trust: the request comes from an unprivileged user; it never goes
 * beyond what the channel announces, unless the policy says so.
 */
export function planRequested(
	requested: Tag,
	installed: InfoJson,
	catalogue: Catalogue,
	policy: PlanPolicy = PLAN_POLICY,
): Planning {
	const { channel } = catalogue;
	if (channel === undefined) return { kind: 'need-channel' };
	const newest = channel.kind === 'info' ? channel.info.version : null;
	const refusal = refusalOf(requested, installed, channel, policy);
	if (refusal !== undefined) return noPath(installed, newest, refusal);
	const target = [requested, ...tagsOfVersion(versionOfTag(requested))].find((tag) =>
		catalogue.tags.includes(tag),
	);
	if (target === undefined) return noPath(installed, newest, requestedNotTagged(requested));
	return planTo([target], installed, newest, catalogue, policy);
}

/** Returns why a request is refused whatever the source lists, or undefined. */
function refusalOf(
	requested: Tag,
	installed: InfoJson,
	channel: Lookup,
	policy: PlanPolicy,
): PlanReason | undefined {
	const version = versionOfTag(requested);
	const newest = channel.kind === 'info' ? channel.info.version : null;
	const order = compareVersions(version, installed.version);
	// A second click or a second signal requests a release that is already installed.
	if (order === 0) return requestedInstalled(installed.version, requested);
	if (order < 0) return requestedNotNewer(installed.version, requested);
	if (policy.requests === 'up-to-newest') {
		if (channel.kind !== 'info') return channelSilent(channel);
		if (isNewer(version, channel.info.version))
			return requestedBeyondChannel(channel.info.version, requested);
	}
	if (isPrerelease(version) && prereleaseRule(installed, newest, policy) === 'passed-over')
		return requestedIsPrerelease(requested);
	return undefined;
}

type Targets = readonly [Tag, ...Tag[]];

function planTo(
	targets: Targets,
	installed: InfoJson,
	newest: Version | null,
	catalogue: Catalogue,
	policy: PlanPolicy,
): Planning {
	const { maxLookups, withheld } = policy;
	const rules = { prereleases: prereleaseRule(installed, newest, policy), maxLookups, withheld };
	const walk = walkBack(installed.version, targets, catalogue, rules);
	switch (walk.kind) {
		case 'need':
			return walk;
		case 'arrived':
			return planned(installed, newest, walk.path, null);
		case 'ended':
			return noPath(installed, newest, walkEnded(installed.version, targets[0], walk));
	}
}

function prereleaseRule(
	installed: InfoJson,
	newest: Version | null,
	policy: PlanPolicy,
): 'offered' | 'passed-over' {
	if (policy.prereleases === 'allow' || isPrerelease(installed.version)) return 'offered';
	return newest !== null && isPrerelease(newest) ? 'offered' : 'passed-over';
}

function noPath(installed: InfoJson, newest: Version | null, reason: PlanReason): Planning {
	return planned(installed, newest, [], reason);
}

function planned(
	installed: InfoJson,
	newest: Version | null,
	path: readonly Hop[],
	reason: PlanReason | null,
): Planning {
	return { kind: 'planned', plan: { installed: installed.version, newest, path, reason } };
}
