import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PLAN_POLICY, type PlanPolicy, planPath, planRequested } from '../../../src/engine/plan/plan.ts';
import type { Tag } from '../../../src/model/release/tag.ts';
import { versionOfTag } from '../../../src/model/release/tag.ts';
import { isNewer, isPrerelease, satisfies, type Version } from '../../../src/model/release/version.ts';
import { rounds } from '../../fuzz.ts';
import { installedAt, planFully, type Spelling, tag, type World, world } from './plan-releases.ts';

/** Few versions, so that they meet: some of them prereleases. */
const versions = fc
	.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 3 }), fc.constantFrom('', '', '', '-rc.1'))
	.map(([major, minor, pre]) => `${major}.${minor}.0${pre}`);

const ranges = fc.oneof(
	versions.map((version) => `>=${version}`),
	versions.map((version) => `>=${version}`),
	versions.map((version) => `=${version}`),
	versions.map((version) => `>${version}`),
	versions.map((version) => `<${version}`),
	versions.map((version) => `^${version}`),
	fc.tuple(versions, versions).map(([low, high]) => `>=${low} <${high}`),
	fc.constantFrom('*', '', '1.x', '>2 <1'),
);

const spellings: fc.Arbitrary<Spelling> = fc.oneof(
	{ weight: 10, arbitrary: ranges },
	{ weight: 1, arbitrary: fc.record({ version: versions, requires: ranges }) },
	{ weight: 1, arbitrary: fc.constantFrom('MISSING' as const, 'UNREADABLE' as const) },
);

const tags = fc
	.tuple(fc.constantFrom('v', 'v', 'v', ''), versions)
	.map(([prefix, version]) => `${prefix}${version}`);

/** Sources in which anything may require anything. */
const wild = fc.dictionary(tags, spellings, { minKeys: 1, maxKeys: 24 });

const flaws = fc.oneof(
	{ weight: 12, arbitrary: fc.constant(undefined) },
	{ weight: 1, arbitrary: spellings },
);

/** Sources as publishers mean them, with a few flaws: each release requires one a few steps below it. */
const ladders = fc
	.array(
		fc.record({
			back: fc.constantFrom(1, 1, 1, 2, 2, 3, 4),
			sign: fc.constantFrom('>=', '>=', '='),
			flaw: flaws,
		}),
		{
			minLength: 6,
			maxLength: 12,
		},
	)
	.map((rungs) => {
		const names = rungs.map((_, at) => `0.${at + 1}.0`);
		return Object.fromEntries(
			rungs.map(({ back, sign, flaw }, at) => [
				`v${names[at]}`,
				flaw ?? `${sign}${names[at - back] ?? '0.0.0'}`,
			]),
		);
	});

/** The channel mostly announces the newest release there is, so that most sources need a path. */
const worlds = fc
	.record({
		releases: fc.oneof(wild, ladders),
		newest: fc.oneof(
			{ weight: 5, arbitrary: fc.constant('highest' as const) },
			{ weight: 1, arbitrary: tags },
		),
	})
	.map(({ releases, newest }) =>
		world(newest === 'highest' ? highestOf(Object.keys(releases)) : newest, releases),
	);

function highestOf(names: readonly string[]): string {
	return names.map(tag).reduce((a, b) => (isNewer(versionOfTag(b), versionOfTag(a)) ? b : a));
}

/** What is installed is mostly older than all that is released. */
const starts = fc.oneof(
	{ weight: 4, arbitrary: fc.constantFrom('0.0.0', '0.0.0-rc.1', '0.1.0') },
	{ weight: 1, arbitrary: versions },
);

const withheld = fc
	.array(versions, { maxLength: 3 })
	.map(
		(some) =>
			new Map(
				some.map((one) => [one as Version, { code: 'failed-before' as const, sentence: `${one} failed` }]),
			),
	);

const policies: fc.Arbitrary<PlanPolicy> = fc.record({
	prereleases: fc.constantFrom('when-installed-or-newest-is-one', 'allow'),
	requests: fc.constant('any'),
	maxLookups: fc.oneof(
		{ weight: 1, arbitrary: fc.integer({ min: 0, max: 12 }) },
		{ weight: 3, arbitrary: fc.constant(60) },
	),
	withheld,
});

const RUNS = rounds(1000);

function plan(
	start: string,
	source: World,
	policy: PlanPolicy,
	answered?: (tags: readonly Tag[]) => readonly Tag[],
) {
	return planFully(source, (catalogue) => planPath(installedAt(start), catalogue, policy), answered);
}

/**
 * What can be reached at all, found the slow way: everything is known, and releases are added until none can
 * be.
 */
function reachable(from: Version, source: World, prereleases: 'offered' | 'passed-over'): ReadonlySet<Tag> {
	const reached = new Set<Tag>();
	const standing = (): readonly Version[] => [from, ...[...reached].map(versionOfTag)];
	const fits = (one: Tag): boolean => {
		const lookup = source.infos.get(one);
		const version = versionOfTag(one);
		if (
			reached.has(one) ||
			lookup?.kind !== 'info' ||
			lookup.info.version !== version ||
			!isNewer(version, from)
		)
			return false;
		if (isPrerelease(version) && prereleases === 'passed-over') return false;
		return standing().some(
			(below) => isNewer(version, below) && satisfies(below, lookup.info.requires, 'include-prereleases'),
		);
	};
	for (let next = source.tags.find(fits); next !== undefined; next = source.tags.find(fits))
		reached.add(next);
	return reached;
}

describe('for any source, installed release and policy', () => {
	test('each hop may follow the one before it, the hops rise, and the last is the target', () => {
		const lengths: number[] = [];
		fc.assert(
			fc.property(starts, worlds, policies, (start, source, policy) => {
				const { plan: found } = plan(start, source, policy);
				expect(found.path.length === 0).toBe(found.reason !== null);
				lengths.push(found.path.length);
				let below = found.installed;
				for (const hop of found.path) {
					expect(satisfies(below, hop.info.requires, 'include-prereleases')).toBe(true);
					expect(isNewer(hop.version, below)).toBe(true);
					expect(versionOfTag(hop.tag)).toBe(hop.info.version);
					expect(policy.withheld.has(hop.version)).toBe(false);
					below = hop.version;
				}
				if (found.path.length > 0) expect(below).toBe(found.newest);
			}),
			RUNS,
		);
		// The sources that are made up must not all be dead ends, nor all be one hop away.
		expect(lengths.filter((length) => length > 0).length).toBeGreaterThan(RUNS.numRuns / 10);
		expect(lengths.filter((length) => length > 2).length).toBeGreaterThan(RUNS.numRuns / 20);
	});

	test('no more tags are asked for than the policy allows, and none twice', () => {
		fc.assert(
			fc.property(starts, worlds, policies, (start, source, policy) => {
				const { asked } = plan(start, source, policy);
				expect(asked.length).toBeLessThanOrEqual(policy.maxLookups);
				expect(new Set(asked).size).toBe(asked.length);
			}),
			RUNS,
		);
	});

	test('the plan does not hang on the order of tags, nor on when which lookup is answered', () => {
		fc.assert(
			fc.property(
				starts,
				worlds,
				policies,
				fc.infiniteStream(fc.nat()),
				(start, source, policy, randomHex) => {
					const one = plan(start, source, policy);
					const some = (wanted: readonly Tag[]) => [
						wanted[(randomHex.next().value ?? 0) % wanted.length] as Tag,
					];
					expect(plan(start, source, policy, some).plan).toEqual(one.plan);
					expect(plan(start, { ...source, tags: source.tags.toReversed() }, policy).plan).toEqual(one.plan);
					const known = planPath(installedAt(start), source, policy);
					expect(known).toEqual({ kind: 'planned', plan: one.plan });
				},
			),
			RUNS,
		);
	});

	test('a path is found exactly where there is one', () => {
		fc.assert(
			fc.property(
				starts,
				worlds,
				fc.constantFrom('when-installed-or-newest-is-one', 'allow'),
				(start, source, prereleases) => {
					const { plan: found } = plan(start, source, { ...PLAN_POLICY, prereleases });
					const { installed, newest } = found;
					if (newest === null) return;
					const offered =
						prereleases === 'allow' || isPrerelease(installed) || isPrerelease(newest)
							? 'offered'
							: 'passed-over';
					const goals = [...reachable(installed, source, offered)].filter(
						(one) => versionOfTag(one) === newest,
					);
					expect(found.path.length > 0).toBe(goals.length > 0);
				},
			),
			RUNS,
		);
	});

	test('a wish for a stone of the path gives the path up to it', () => {
		fc.assert(
			fc.property(starts, worlds, policies, (start, source, policy) => {
				const { plan: found } = plan(start, source, policy);
				for (const [at, hop] of found.path.entries()) {
					const wished = planFully(source, (catalogue) =>
						planRequested(hop.tag, installedAt(start), catalogue, policy),
					).plan;
					expect(wished.path).toEqual(found.path.slice(0, at + 1));
				}
			}),
			RUNS,
		);
	});
});
