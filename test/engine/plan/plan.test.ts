import { describe, expect, test } from 'vitest';
import {
	type Catalogue,
	PLAN_POLICY,
	type PlanPolicy,
	planPath,
	planRequested,
} from '../../../src/engine/plan/plan.ts';
import type { Plan } from '../../../src/model/release/plan.ts';
import {
	infoOf,
	installedAt,
	planFully,
	realWorld,
	type Spelling,
	tag,
	type World,
	world,
} from './plan-releases.ts';

function plan(start: string, source: World, policy?: PlanPolicy) {
	return planFully(source, (catalogue) => planPath(installedAt(start), catalogue, policy));
}

function wishFor(wish: string, start: string, source: World, policy?: PlanPolicy) {
	return planFully(source, (catalogue) => planRequested(tag(wish), installedAt(start), catalogue, policy))
		.plan;
}

function tagsOf({ path }: { path: readonly { tag: string }[] }) {
	return path.map((hop) => hop.tag);
}

function deadEndsOf({ reason }: Plan): readonly string[] {
	const listed = reason?.facts['deadEnds'];
	return Array.isArray(listed) ? listed : [];
}

interface Found {
	readonly name: string;
	readonly start: string;
	readonly newest: string;
	readonly releases: Readonly<Record<string, Spelling>>;
	readonly path: readonly string[];
}

describe('paths', () => {
	const FOUND: readonly Found[] = [
		{
			name: 'one hop',
			start: '1.0.0',
			newest: 'v2.0.0',
			releases: { 'v2.0.0': '>=1.0.0' },
			path: ['v2.0.0'],
		},
		{
			name: 'an empty requires',
			start: '1.0.0',
			newest: 'v2.0.0',
			releases: { 'v2.0.0': '' },
			path: ['v2.0.0'],
		},
		{
			...{ name: 'a stone named by its lowest version', start: '1.0.0', newest: 'v3.0.0' },
			...{ releases: { 'v3.0.0': '>=2.0.0', 'v2.5.0': '*', 'v2.0.0': '*' }, path: ['v2.0.0', 'v3.0.0'] },
		},
		{
			...{ name: 'another stone where the named one was never tagged', start: '1.0.0', newest: 'v3.0.0' },
			...{ releases: { 'v3.0.0': '>=2.0.0', 'v2.1.0': '*', 'v2.2.0': '*' }, path: ['v2.2.0', 'v3.0.0'] },
		},
		{
			...{ name: 'another stone where the named one has no info.json', start: '1.0.0', newest: 'v3.0.0' },
			...{
				releases: { 'v3.0.0': '>=2.0.0', 'v2.0.0': 'MISSING', 'v2.1.0': '*' },
				path: ['v2.1.0', 'v3.0.0'],
			},
		},
		{
			...{ name: 'no detour over releases that need not be stood on', start: '1.0.0', newest: 'v3.0.0' },
			...{
				releases: { 'v3.0.0': '>=2.0.0', 'v2.3.0': '>=2.0.0', 'v2.2.0': '>=2.0.0', 'v2.1.0': '*' },
				path: ['v2.1.0', 'v3.0.0'],
			},
		},
		{
			...{ name: 'a dead line beside a living one', start: '1.0.0', newest: 'v4.0.0' },
			...{
				releases: { 'v4.0.0': '>=2.0.0', 'v2.0.0': '=2.0.0', 'v3.0.0': '>=1.5.0', 'v1.5.0': '*' },
				path: ['v1.5.0', 'v3.0.0', 'v4.0.0'],
			},
		},
		{
			name: 'tags without v',
			start: '1.0.0',
			newest: '3.0.0',
			releases: { '3.0.0': '=2.0.0', '2.0.0': '*' },
			path: ['2.0.0', '3.0.0'],
		},
		{
			name: 'the tag with v of two',
			start: '1.0.0',
			newest: 'v2.0.0',
			releases: { '2.0.0': '*', 'v2.0.0': '*' },
			path: ['v2.0.0'],
		},
		{
			...{ name: 'the tag without v where the other was moved', start: '1.0.0', newest: '2.0.0' },
			...{ releases: { 'v2.0.0': { version: '2.1.0', requires: '*' }, '2.0.0': '*' }, path: ['2.0.0'] },
		},
		{
			name: 'a range with two ends',
			start: '1.9.0',
			newest: 'v2.0.0',
			releases: { 'v2.0.0': '>=1.2.0 <2.0.0' },
			path: ['v2.0.0'],
		},
		{
			name: 'a range with a gap',
			start: '1.0.0',
			newest: 'v3.0.0',
			releases: { 'v3.0.0': '1.0.0 || >=2.0.0' },
			path: ['v3.0.0'],
		},
	];

	test.each(FOUND)('$name', ({ start, newest, releases, path }) => {
		const { plan: found } = plan(start, world(newest, releases));
		expect(found.reason).toBeNull();
		expect(tagsOf(found)).toEqual(path);
		expect(found).toMatchObject({ installed: start, newest: newest.replace('v', '') });
	});

	test('what the tag says counts, not what the branch says of it', () => {
		const source = {
			...world('v2.0.0', { 'v2.0.0': '=1.5.0', 'v1.5.0': '*' }),
			channel: world('v2.0.0', { 'v2.0.0': '*' }).channel,
		};
		expect(tagsOf(plan('1.0.0', source).plan)).toEqual(['v1.5.0', 'v2.0.0']);
	});
});

describe('prereleases', () => {
	const BEHIND_RC = { 'v2.0.0': '>=1.5.0-rc.1', 'v1.5.0-rc.1': '*' };
	const RC_TO_RC = { 'v2.0.0-rc.2': '>=2.0.0-rc.1', 'v2.0.0-rc.1': '>=1.0.0' };
	test.each([
		{
			start: '1.0.0',
			newest: 'v2.0.0',
			releases: BEHIND_RC,
			policy: PLAN_POLICY,
			expected: 'prerelease-refused',
		},
		{
			start: '1.0.0',
			newest: 'v2.0.0',
			releases: { ...BEHIND_RC, 'v1.6.0-rc.1': '*' },
			policy: PLAN_POLICY,
			expected: 'prerelease-refused',
		},
		{
			start: '1.0.0',
			newest: 'v2.0.0',
			releases: { ...BEHIND_RC, 'v1.6.0': '*' },
			policy: PLAN_POLICY,
			expected: ['v1.6.0', 'v2.0.0'],
		},
		{
			...{ start: '1.0.0', newest: 'v2.0.0', releases: BEHIND_RC },
			...{ policy: { ...PLAN_POLICY, prereleases: 'allow' as const }, expected: ['v1.5.0-rc.1', 'v2.0.0'] },
		},
		{
			start: '1.0.0-rc.1',
			newest: 'v2.0.0',
			releases: BEHIND_RC,
			policy: PLAN_POLICY,
			expected: ['v1.5.0-rc.1', 'v2.0.0'],
		},
		{
			start: '1.0.0-rc.1',
			newest: 'v2.0.0',
			releases: { 'v2.0.0': '>=0.9.0' },
			policy: PLAN_POLICY,
			expected: ['v2.0.0'],
		},
		{
			start: '1.0.0',
			newest: 'v2.0.0-rc.2',
			releases: RC_TO_RC,
			policy: PLAN_POLICY,
			expected: ['v2.0.0-rc.1', 'v2.0.0-rc.2'],
		},
	])('$start towards $newest: $expected', ({ start, newest, releases, policy, expected }) => {
		const found = plan(start, world(newest, releases), policy).plan;
		expect(found.reason?.code ?? tagsOf(found)).toEqual(expected);
	});
});

interface Refused {
	readonly name: string;
	readonly start: string;
	readonly newest: string;
	readonly releases: Readonly<Record<string, Spelling>>;
	readonly code: string;
	/** The first dead end. */
	readonly says: string;
}

describe('no path', () => {
	const REFUSED: readonly Refused[] = [
		{
			...{
				name: 'a stone without a tag',
				start: '1.0.0',
				newest: 'v3.0.0',
				releases: { 'v3.0.0': '>=2.0.0' },
			},
			...{ code: 'missing-tag', says: 'v3.0.0 requires >=2.0.0, and the source has no tag v2.0.0' },
		},
		{
			...{
				name: 'a stone without info.json',
				start: '1.0.0',
				newest: 'v3.0.0',
				releases: { 'v3.0.0': '=2.0.0', 'v2.0.0': 'MISSING' },
			},
			...{ code: 'info-missing', says: 'v2.0.0 has no info.json' },
		},
		{
			...{ name: 'a stone that says another version', start: '1.0.0', newest: 'v3.0.0' },
			...{
				releases: { 'v3.0.0': '=2.0.0', 'v2.0.0': { version: '2.0.1', requires: '*' } },
				code: 'version-mismatch',
			},
			says: 'the info.json of v2.0.0 says 2.0.1, so the tag cannot be trusted',
		},
		{
			...{
				name: 'a target without info.json',
				start: '1.0.0',
				newest: 'v3.0.0',
				releases: { 'v3.0.0': 'MISSING' },
			},
			...{ code: 'info-missing', says: 'v3.0.0 has no info.json' },
		},
		{
			...{ name: 'two releases that require each other', start: '1.0.0', newest: 'v3.0.0' },
			...{ releases: { 'v3.0.0': '=2.0.0', 'v2.0.0': '=3.0.0' }, code: 'requires-cycle' },
			says: 'v2.0.0 requires =3.0.0, and v3.0.0 requires v2.0.0 first',
		},
		{
			...{ name: 'a ring of three', start: '1.0.0', newest: 'v4.0.0' },
			...{ releases: { 'v4.0.0': '=3.0.0', 'v3.0.0': '=2.0.0', 'v2.0.0': '=4.0.0' }, code: 'requires-cycle' },
			says: 'v2.0.0 requires =4.0.0, and v4.0.0 requires v2.0.0 first',
		},
		{
			...{
				name: 'a release that requires itself',
				start: '1.0.0',
				newest: 'v3.0.0',
				releases: { 'v3.0.0': '=3.0.0' },
			},
			...{ code: 'barrier', says: 'v3.0.0 requires =3.0.0, which nothing older than 3.0.0 can satisfy' },
		},
		{
			...{
				name: 'a release that requires a newer one',
				start: '1.0.0',
				newest: 'v3.0.0',
				releases: { 'v3.0.0': '>=4.0.0' },
			},
			...{ code: 'barrier', says: 'v3.0.0 requires >=4.0.0, which nothing older than 3.0.0 can satisfy' },
		},
		{
			...{
				name: 'a range that is empty',
				start: '1.0.0',
				newest: 'v3.0.0',
				releases: { 'v3.0.0': '>2.0.0 <1.0.0' },
			},
			...{ code: 'barrier', says: 'v3.0.0 requires >2.0.0 <1.0.0, which no version can satisfy' },
		},
		{
			...{
				name: 'requires that cannot be read',
				start: '1.0.0',
				newest: 'v3.0.0',
				releases: { 'v3.0.0': '=2.0.0', 'v2.0.0': 'UNREADABLE' },
			},
			...{
				code: 'info-unreadable',
				says: 'v2.0.0 cannot be used: cannot read info.json of v2.0.0: its requires 7 is not a range',
			},
		},
		{
			...{
				name: 'an installed release that is too new',
				start: '1.6.0',
				newest: 'v3.0.0',
				releases: { 'v3.0.0': '>=1.0.0 <1.6.0' },
			},
			...{ code: 'no-compatible-path', says: 'v3.0.0 requires >=1.0.0 <1.6.0: 1.6.0 does not satisfy it' },
		},
	];

	test.each(REFUSED)('$name', ({ start, newest, releases, code, says }) => {
		const { plan: found } = plan(start, world(newest, releases));
		expect(found.path).toEqual([]);
		expect(found.reason).toMatchObject({ code, retry: 'later' });
		expect(found.reason?.message).toContain(`cannot update from ${start} to ${newest}: ${says}`);
		expect(deadEndsOf(found)[0]).toContain(says);
		expect(found.reason?.hint).not.toBe('');
	});

	test('every dead end has its sentence, the line that the releases name first', () => {
		const { plan: found } = plan('0.0.10', realWorld('citadel', 'v0.1.4'));
		expect(found.reason?.facts).toEqual({
			installed: '0.0.10',
			target: 'v0.1.4',
			lookups: 5,
			deadEnds: [
				'the info.json of v0.1.0 says 0.1.2, so the tag cannot be trusted',
				'v0.1.2 has no info.json',
				'v0.1.1 requires >=0.1.0: 0.0.10 does not satisfy it, and no release between the two leads to it',
				'v0.1.3 requires >=0.1.0: 0.0.10 does not satisfy it, and no release between the two leads to it',
				'v0.1.4 requires >=0.1.0: 0.0.10 does not satisfy it, and no release between the two leads to it',
			],
		});
	});
});

describe('the channel', () => {
	const none: World = { channel: { kind: 'missing' }, tags: [], infos: new Map() };

	test('is asked for first', () => {
		const nothing: Catalogue = { channel: undefined, tags: [tag('v2.0.0')], infos: new Map() };
		expect(planPath(installedAt('1.0.0'), nothing)).toEqual({ kind: 'need-channel' });
		expect(planRequested(tag('v2.0.0'), installedAt('1.0.0'), nothing)).toEqual({ kind: 'need-channel' });
	});

	test('without info.json: nothing is newest', () => {
		expect(plan('1.0.0', none).plan).toMatchObject({
			newest: null,
			path: [],
			reason: { code: 'info-missing' },
		});
	});

	test('that cannot be read: the reason is the error itself', () => {
		const unreadable = world('v2.0.0', { 'v2.0.0': 'UNREADABLE' }).infos.get(tag('v2.0.0'));
		if (unreadable?.kind !== 'unreadable') throw new Error('the source was made wrongly');
		expect(plan('1.0.0', { ...none, channel: unreadable }).plan).toMatchObject({
			newest: null,
			reason: unreadable.error,
		});
	});

	test('announces what was never tagged', () => {
		const { plan: found } = plan('1.0.0', world('v2.0.0', {}));
		expect(found).toMatchObject({
			newest: '2.0.0',
			path: [],
			reason: { code: 'missing-tag', facts: { newest: '2.0.0' } },
		});
	});

	test.each(['2.0.0', '2.0.0+build.7'])('announces what is installed (%s)', (start) => {
		const { plan: found, asked } = plan(start, world('v2.0.0', { 'v2.0.0': '*' }));
		expect(found).toMatchObject({ newest: '2.0.0', path: [], reason: { code: 'up-to-date' } });
		expect(asked).toEqual([]);
	});

	test('announces less than is installed', () => {
		const { reason } = plan('2.0.1', world('v2.0.0', { 'v2.0.0': '*' })).plan;
		expect(reason).toMatchObject({
			code: 'ahead-of-channel',
			facts: { installed: '2.0.1', newest: '2.0.0', forceUpdate: false },
		});
		expect(reason?.message).not.toContain('forceUpdate');
	});

	test('announces a numbering that began anew: forceUpdate is told, and not obeyed', () => {
		const { path, reason } = plan('0.5.24', realWorld('citadel', 'v0.0.1')).plan;
		expect(path).toEqual([]);
		expect(reason).toMatchObject({ code: 'ahead-of-channel', facts: { forceUpdate: true } });
		expect(reason?.message).toContain('forceUpdate');
	});

	test('announces a release whose forceUpdate changes nothing where it is newer anyhow', () => {
		const source = world('v2.0.0', { 'v2.0.0': '*' });
		const forced = {
			...source,
			channel: {
				kind: 'info' as const,
				info: infoOf({ version: '2.0.0', requires: '*', forceUpdate: true }),
			},
		};
		expect(tagsOf(plan('1.0.0', forced).plan)).toEqual(['v2.0.0']);
	});
});

describe('a wish', () => {
	const umbrel = realWorld('umbrel', 'v0.5.4');
	const any: PlanPolicy = { ...PLAN_POLICY, requests: 'any' };

	test.each([
		{ wish: 'v0.5.3', start: '0.4.17', expected: ['v0.4.18', 'v0.5.0', 'v0.5.3'] },
		{ wish: 'v0.5.1', start: '0.4.17', expected: ['v0.4.18', 'v0.5.0', 'v0.5.1'] },
		{ wish: 'v0.5.1', start: '0.4.18', expected: ['v0.5.0', 'v0.5.1'] },
		{ wish: 'v0.4.18', start: '0.4.17', expected: ['v0.4.18'] },
		{ wish: '0.5.4', start: '0.5.3', expected: ['0.5.4'] },
		{ wish: '0.4.18', start: '0.4.17', expected: ['v0.4.18'] },
		{ wish: 'v0.4.17', start: '0.4.17', expected: 'up-to-date' },
		{ wish: 'v0.4.16', start: '0.4.17', expected: 'wish-not-newer' },
		{ wish: 'v0.4.99', start: '0.4.17', expected: 'missing-tag' },
		{ wish: 'v1.0.0', start: '0.4.17', expected: 'wish-not-on-path' },
		{ wish: 'v0.2.69', start: '0.2.10', expected: 'version-mismatch' },
		{ wish: 'v0.3.9-patch-1', start: '0.3.8', expected: 'prerelease-refused' },
		{ wish: 'v0.2.1', start: '0.1.9', expected: 'barrier' },
		{ wish: 'v0.2.0', start: '0.1.9', expected: 'barrier' },
	])('for $wish on $start: $expected', ({ wish, start, expected }) => {
		const found = wishFor(wish, start, umbrel);
		expect(found.reason?.code ?? tagsOf(found)).toEqual(expected);
		expect(found.newest).toBe('0.5.4');
	});

	test('may go beyond the channel where the policy says so', () => {
		expect(tagsOf(wishFor('v1.0.0', '0.5.3', umbrel, any))).toEqual(['v1.0.0']);
	});

	test.each([
		{ policy: PLAN_POLICY, expected: 'info-missing' },
		{ policy: any, expected: ['v2.0.0'] },
	])('with a silent channel: $expected', ({ policy, expected }) => {
		const found = wishFor(
			'v2.0.0',
			'1.0.0',
			{ ...world('v2.0.0', { 'v2.0.0': '*' }), channel: { kind: 'missing' } },
			policy,
		);
		expect(found.reason?.code ?? tagsOf(found)).toEqual(expected);
		expect(found.newest).toBeNull();
	});

	test('for a prerelease is fine where one is installed', () => {
		const source = world('v2.0.0', { 'v2.0.0': '*', 'v1.5.0-rc.1': '*' });
		expect(wishFor('v1.5.0-rc.1', '1.0.0', source).reason?.code).toBe('prerelease-refused');
		expect(tagsOf(wishFor('v1.5.0-rc.1', '1.0.0-rc.1', source))).toEqual(['v1.5.0-rc.1']);
	});
});

describe('what a plan costs', () => {
	test('a path that the releases name is looked up stone by stone, and nothing else is', () => {
		const { asked } = plan('0.2.1', realWorld('umbrel', 'v0.5.4'));
		expect(asked).toEqual(['v0.5.4', 'v0.5.3', 'v0.5.0', 'v0.4.18']);
	});

	test('a dead end in the largest real table stays within the limit, in few trips', () => {
		const { asked, trips } = plan('0.1.9', realWorld('umbrel', 'v0.5.4'));
		expect(asked.length).toBeLessThanOrEqual(PLAN_POLICY.maxLookups);
		expect(trips).toBeLessThanOrEqual(20);
	});

	const chain = Object.fromEntries(
		Array.from({ length: 10_000 }, (_, at) => [`v1.0.${at + 1}`, `>=1.0.${at}`]),
	);

	test('a chain of 10,000 releases ends at the limit', () => {
		const { plan: found, asked } = plan('1.0.0', world('v1.0.10000', chain));
		expect(asked.length).toBe(PLAN_POLICY.maxLookups);
		expect(found.reason).toMatchObject({ code: 'no-compatible-path', facts: { lookups: 60 } });
		expect(found.reason?.message).toContain('60 releases were looked up');
		expect(found.reason?.hint).toContain('--to');
	});

	test('and its end is planned from nearby, or step by step by a wish', () => {
		expect(plan('1.0.9941', world('v1.0.10000', chain)).plan.path).toHaveLength(59);
		expect(wishFor('v1.0.50', '1.0.0', world('v1.0.10000', chain)).path).toHaveLength(50);
	});

	test('10,000 releases behind a dead one end at the limit too', () => {
		const crowd = Object.fromEntries(
			Array.from({ length: 10_000 }, (_, at) => [`v1.${at + 1}.0`, '>=1.1.0']),
		);
		const { plan: found, asked } = plan('1.0.0', world('v1.10000.0', { ...crowd, 'v1.1.0': '=1.1.0' }));
		expect(asked.length).toBe(PLAN_POLICY.maxLookups);
		expect(found.reason).toMatchObject({ code: 'barrier' });
		expect(deadEndsOf(found).at(-1)).toContain('60 releases were looked up');
	});
});
