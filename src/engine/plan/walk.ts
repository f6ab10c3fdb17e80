/**
 * The walk back: from the target, release by release, down to one that can be installed on the present one.
 * It only goes to older versions, so it always ends, and a release that led nowhere once never needs to be
 * visited again.
 */
import type { Hop } from '../../model/release/plan.ts';
import { type Tag, versionOfTag } from '../../model/release/tag.ts';
import {
	compareVersions,
	isNewer,
	isPrerelease,
	lowestOf,
	satisfies,
	type Version,
	type VersionRange,
} from '../../model/release/version.ts';
import { type Catalogue, candidateAt, type DeadEnd, tagsListed } from './catalogue.ts';

export interface WalkRules {
	readonly prereleases: 'offered' | 'passed-over';
	readonly maxLookups: number;
	/** Releases that are skipped, with the reason why. */
	readonly withheld: ReadonlyMap<Version, DeadEnd>;
}

export type Walk =
	| { readonly kind: 'need'; readonly tags: readonly Tag[] }
	| { readonly kind: 'arrived'; readonly path: readonly Hop[] }
	/**
	 * `deadEnds` in the order they were found: the first one ends the chain of releases that `requires` itself
	 * names.
	 */
	| {
			readonly kind: 'ended';
			readonly deadEnds: readonly DeadEnd[];
			readonly lookups: number;
			readonly why: 'all-tried' | 'spent';
	  };

/**
 * How many releases are looked up at a time when `requires` names none: one round trip to the source instead
 * of eight.
 */
const GROUP = 8;

/**
 * The state of one walk. Each lookup counts when first needed, known or not, so that the result does not
 * depend on what is known.
 */
interface Trail {
	readonly from: Version;
	readonly catalogue: Catalogue;
	readonly rules: WalkRules;
	readonly charged: Set<Tag>;
	readonly tried: Set<Tag>;
	readonly allowed: Map<VersionRange, readonly Tag[]>;
	readonly deadEnds: DeadEnd[];
}

type Reach =
	| { readonly kind: 'need'; readonly tags: readonly Tag[] }
	| { readonly kind: 'arrived'; readonly path: readonly Hop[] }
	| { readonly kind: 'dead' }
	| { readonly kind: 'spent' };

/**
 * Returns the path from `from` to the first of `targets` that can be reached. The targets are newer than
 * `from`.
 */
export function walkBack(
	from: Version,
	targets: readonly Tag[],
	catalogue: Catalogue,
	rules: WalkRules,
): Walk {
	const trail: Trail = {
		from,
		catalogue,
		rules,
		charged: new Set(),
		tried: new Set(),
		allowed: new Map(),
		deadEnds: [],
	};
	const reach = tryGroups(alone(targets), [], trail);
	switch (reach.kind) {
		case 'need':
			return reach;
		case 'arrived':
			return { kind: 'arrived', path: highestJumps(from, reach.path) };
		case 'dead':
			return { kind: 'ended', deadEnds: trail.deadEnds, lookups: trail.charged.size, why: 'all-tried' };
		case 'spent':
			return { kind: 'ended', deadEnds: trail.deadEnds, lookups: trail.charged.size, why: 'spent' };
	}
}

function tryGroups(groups: Iterable<readonly Tag[]>, above: readonly Hop[], trail: Trail): Reach {
	for (const group of groups) {
		const unknown = charge(group, trail);
		if (unknown.length > 0) return { kind: 'need', tags: unknown };
		for (const tag of group) {
			const reach = tryRelease(tag, above, trail);
			if (reach.kind !== 'dead') return reach;
		}
	}
	return { kind: 'dead' };
}

/** Counts as many lookups of `group` as the limit allows. Returns those that were not looked up yet. */
function charge(group: readonly Tag[], trail: Trail): readonly Tag[] {
	const fresh = group.filter((tag) => !trail.charged.has(tag));
	const paid = fresh.slice(0, Math.max(0, trail.rules.maxLookups - trail.charged.size));
	for (const tag of paid) trail.charged.add(tag);
	return paid.filter((tag) => !trail.catalogue.infos.has(tag));
}

/** `above` is the rest of the path, from the next release up to the target. */
function tryRelease(tag: Tag, above: readonly Hop[], trail: Trail): Reach {
	if (trail.tried.has(tag)) return { kind: 'dead' };
	if (!trail.charged.has(tag)) return { kind: 'spent' };
	const lookup = trail.catalogue.infos.get(tag);
	if (lookup === undefined) return { kind: 'need', tags: [tag] };
	trail.tried.add(tag);
	const withheld = trail.rules.withheld.get(versionOfTag(tag));
	if (withheld !== undefined) return endAt(withheld, trail);
	const candidate = candidateAt(tag, lookup);
	if (candidate.kind === 'dead-end') return endAt(candidate.end, trail);
	const { hop } = candidate;
	if (mayFollow(hop.info.requires, trail.from)) return { kind: 'arrived', path: [hop, ...above] };
	return tryBelow(hop, above, trail);
}

/** `requires` alone never excludes a prerelease: the rules decide whether prereleases are offered. */
function mayFollow(requires: VersionRange, version: Version): boolean {
	return satisfies(version, requires, 'include-prereleases');
}

function tryBelow(hop: Hop, above: readonly Hop[], trail: Trail): Reach {
	const named = namedBy(hop, trail);
	if (named.end !== undefined) trail.deadEnds.push(named.end);
	const reach = tryGroups(groupsBelow(hop, named.tags, trail), [hop, ...above], trail);
	if (reach.kind === 'dead' && named.end === undefined) trail.deadEnds.push(endBelow(hop, above, trail.from));
	return reach;
}

interface Named {
	readonly tags: readonly Tag[];
	/** Why the named release cannot be used. */
	readonly end: DeadEnd | undefined;
}

/** Returns the release that `requires` names by the lowest version it allows, as older managers read it. */
function namedBy(hop: Hop, { from, catalogue, rules }: Trail): Named {
	const lowest = lowestOf(hop.info.requires);
	if (lowest === undefined || !isNewer(lowest, from) || !isNewer(hop.version, lowest))
		return { tags: [], end: undefined };
	const stone = `${hop.tag} requires ${hop.info.requires}`;
	if (isPrerelease(lowest) && rules.prereleases === 'passed-over')
		return {
			tags: [],
			end: { code: 'prerelease-refused', sentence: `${stone}, and ${lowest} is a prerelease` },
		};
	const tags = tagsListed(catalogue, lowest);
	if (tags.length > 0) return { tags, end: undefined };
	return { tags, end: { code: 'missing-tag', sentence: `${stone}, and the source has no tag v${lowest}` } };
}

/** Removes unnecessary releases: the walk finds a path, but not always the shortest one. */
function highestJumps(from: Version, path: readonly Hop[]): readonly Hop[] {
	const furthest = path.findLastIndex((hop) => mayFollow(hop.info.requires, from));
	const hop = path[furthest];
	return hop === undefined ? [] : [hop, ...highestJumps(hop.version, path.slice(furthest + 1))];
}

/**
 * Yields the releases below `hop`: the named ones, then all others that it allows, newest first. Groups are
 * cut from one list per range, so that releases with the same `requires`, as most neighbours have, ask for
 * the same groups.
 */
function* groupsBelow(hop: Hop, named: readonly Tag[], trail: Trail): Generator<readonly Tag[]> {
	yield* alone(named);
	const allowed = allowedBy(hop.info.requires, trail);
	const isOther = (tag: Tag) => isNewer(hop.version, versionOfTag(tag)) && !named.includes(tag);
	for (let at = 0; at < allowed.length; at += GROUP) yield allowed.slice(at, at + GROUP).filter(isOther);
}

function alone(tags: readonly Tag[]): readonly (readonly Tag[])[] {
	return tags.map((tag) => [tag]);
}

/**
 * Returns the listed tags newer than the installed version that satisfy `range` by their names, newest first.
 */
function allowedBy(range: VersionRange, { from, catalogue, rules, allowed }: Trail): readonly Tag[] {
	const known = allowed.get(range);
	if (known !== undefined) return known;
	const mayBeOffered = (version: Version) => rules.prereleases === 'offered' || !isPrerelease(version);
	const tags = catalogue.tags.filter((tag) => {
		const version = versionOfTag(tag);
		return isNewer(version, from) && mayBeOffered(version) && mayFollow(range, version);
	});
	const sorted = [...new Set(tags)].sort(newestFirst);
	allowed.set(range, sorted);
	return sorted;
}

/** Of one version's tags, the one with a `v` comes first. */
function newestFirst(a: Tag, b: Tag): number {
	return compareVersions(versionOfTag(b), versionOfTag(a)) || (a < b ? 1 : -1);
}

function endAt(end: DeadEnd, trail: Trail): Reach {
	trail.deadEnds.push(end);
	return { kind: 'dead' };
}

/** Returns why no release below `hop` leads to the installed one. */
function endBelow({ tag, version, info }: Hop, above: readonly Hop[], from: Version): DeadEnd {
	const lowest = lowestOf(info.requires);
	if (lowest === undefined)
		return { code: 'barrier', sentence: `${tag} requires ${info.requires}, which no version can satisfy` };
	if (isNewer(version, lowest)) {
		const sentence = `${tag} requires ${info.requires}: ${from} does not satisfy it, and no release between the two leads to it`;
		return { code: 'no-compatible-path', sentence };
	}
	const dependent = above.find((hop) => hop.version === lowest);
	if (dependent !== undefined && lowest !== version)
		return {
			code: 'requires-cycle',
			sentence: `${tag} requires ${info.requires}, and ${dependent.tag} requires ${tag} first`,
		};
	return {
		code: 'barrier',
		sentence: `${tag} requires ${info.requires}, which nothing older than ${version} can satisfy`,
	};
}
