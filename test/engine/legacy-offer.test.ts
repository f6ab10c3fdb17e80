import { describe, expect, test } from 'vitest';
import type { Lookup } from '../../src/engine/plan/catalogue.ts';
import { planPath } from '../../src/engine/plan/plan.ts';
import { type LegacyPolicy, legacyChain, legacyOffer } from './legacy-offer.ts';
import { infoOf, installedAt, lookUp, planFully, type Repo, realWorld } from './plan/plan-releases.ts';

interface Row {
	readonly repo: Repo;
	readonly starts: readonly string[];
	readonly head: string;
	readonly manager: LegacyPolicy;
	/** The versions that the older manager would have gone through, and how that ends. */
	readonly chain: readonly string[];
	readonly end: 'up-to-date' | 'dead-end' | 'failed' | 'endless';
	/** What our own planner gives: the path, or the reason's code. */
	readonly ours: readonly string[] | string;
}

const OLD_UMBRELS = [
	...['0.1.4-beta', '0.1.4-beta.2', '0.1.4-beta.3', '0.1.4-beta.4', '0.1.4-beta.5', '0.1.5-beta'],
	...['0.1.6-beta', '0.1.6-beta.2', '0.1.6-beta.3', '0.1.7-beta', '0.1.9'],
];

/** Every row of the Citadel contract §8.1. */
const ROWS: readonly Row[] = [
	{
		...{ repo: 'umbrel', starts: ['0.2.0'], head: 'v0.5.4', manager: 'umbrel-manager' },
		...{
			chain: ['0.2.1', '0.4.18', '0.5.0', '0.5.3', '0.5.4'],
			end: 'up-to-date',
			ours: ['0.2.1', '0.4.18', '0.5.0', '0.5.3', '0.5.4'],
		},
	},
	{
		...{
			repo: 'umbrel',
			starts: ['0.2.1', '0.2.10', '0.2.15', '0.3.14', '0.4.17'],
			head: 'v0.5.4',
			manager: 'umbrel-manager',
		},
		...{
			chain: ['0.4.18', '0.5.0', '0.5.3', '0.5.4'],
			end: 'up-to-date',
			ours: ['0.4.18', '0.5.0', '0.5.3', '0.5.4'],
		},
	},
	{
		...{ repo: 'umbrel', starts: ['0.4.18'], head: 'v0.5.4', manager: 'umbrel-manager' },
		...{ chain: ['0.5.0', '0.5.3', '0.5.4'], end: 'up-to-date', ours: ['0.5.0', '0.5.3', '0.5.4'] },
	},
	{
		...{ repo: 'umbrel', starts: ['0.5.0', '0.5.1', '0.5.2'], head: 'v0.5.4', manager: 'umbrel-manager' },
		...{ chain: ['0.5.3', '0.5.4'], end: 'up-to-date', ours: ['0.5.3', '0.5.4'] },
	},
	{
		...{ repo: 'umbrel', starts: ['0.2.1'], head: 'master', manager: 'umbrel-manager' },
		...{
			chain: ['0.4.18', '0.5.0', '0.5.3', '1.0.0'],
			end: 'up-to-date',
			ours: ['0.4.18', '0.5.0', '0.5.3', '1.0.0'],
		},
	},
	{
		...{ repo: 'umbrel', starts: ['0.5.4'], head: 'master', manager: 'umbrel-manager' },
		...{ chain: ['1.0.0'], end: 'up-to-date', ours: ['1.0.0'] },
	},
	{
		...{ repo: 'umbrel', starts: ['1.0.0'], head: '1.7.2', manager: 'umbrel-manager' },
		...{ chain: [], end: 'up-to-date', ours: 'up-to-date' },
	},
	{
		...{ repo: 'umbrel', starts: OLD_UMBRELS, head: 'v0.5.4', manager: 'umbrel-manager' },
		...{ chain: [], end: 'dead-end', ours: 'barrier' },
	},
	// The same boxes under the manager that came with 0.2.0: it goes round for ever at v0.2.0.
	{
		...{ repo: 'umbrel', starts: OLD_UMBRELS, head: 'v0.5.4', manager: 'umbrel-manager-0.2.0' },
		...{ chain: [], end: 'endless', ours: 'barrier' },
	},
	{
		...{ repo: 'umbrel', starts: ['0.1.4-beta.2'], head: 'v0.1.5-beta', manager: 'umbrel-manager' },
		...{ chain: ['0.1.5-beta'], end: 'up-to-date', ours: ['0.1.5-beta'] },
	},
	{
		...{ repo: 'umbrel', starts: ['0.1.5-beta'], head: 'v0.1.6-beta.2', manager: 'umbrel-manager' },
		...{ chain: [], end: 'dead-end', ours: 'barrier' },
	},
	{
		...{ repo: 'umbrel', starts: ['0.1.7-beta'], head: 'v0.1.9', manager: 'umbrel-manager' },
		...{ chain: [], end: 'failed', ours: ['0.1.9'] },
	},
	{
		...{ repo: 'umbrel', starts: ['0.1.7-beta'], head: 'v0.1.9', manager: 'umbrel-manager-0.2.0' },
		...{ chain: ['0.1.9'], end: 'up-to-date', ours: ['0.1.9'] },
	},
	{
		...{ repo: 'umbrel', starts: ['0.3.9'], head: 'v0.3.9-patch-2', manager: 'umbrel-manager' },
		...{ chain: [], end: 'up-to-date', ours: 'up-to-date' },
	},
	{
		...{
			repo: 'citadel',
			starts: ['0.4.1', '0.4.2', '0.4.10', '0.4.15', '0.5.4'],
			head: 'main',
			manager: 'citadel-manager',
		},
		...{ chain: ['0.5.5', '0.5.23', '0.5.24'], end: 'up-to-date', ours: ['0.5.5', '0.5.23', '0.5.24'] },
	},
	{
		...{ repo: 'citadel', starts: ['0.5.5', '0.5.19'], head: 'main', manager: 'citadel-manager' },
		...{ chain: ['0.5.23', '0.5.24'], end: 'up-to-date', ours: ['0.5.23', '0.5.24'] },
	},
	{
		...{ repo: 'citadel', starts: ['0.5.24'], head: 'stable', manager: 'citadel-manager' },
		...{ chain: [], end: 'up-to-date', ours: 'ahead-of-channel' },
	},
	{
		...{ repo: 'citadel', starts: ['0.5.24'], head: 'v0.0.1', manager: 'citadel-manager' },
		...{ chain: [], end: 'up-to-date', ours: 'ahead-of-channel' },
	},
	// Once on 0.0.1 the same rule looks for a way back up to 0.5.24, and finds none.
	{
		...{ repo: 'citadel', starts: ['0.5.24'], head: 'v0.0.1', manager: 'citadel-manager-force' },
		...{ chain: ['0.0.1'], end: 'dead-end', ours: 'ahead-of-channel' },
	},
	{
		...{ repo: 'citadel', starts: ['0.0.1', '0.0.3', '0.0.4'], head: 'v0.0.10', manager: 'citadel-manager' },
		...{ chain: ['0.0.5', '0.0.10'], end: 'up-to-date', ours: ['0.0.5', '0.0.10'] },
	},
	{
		...{ repo: 'citadel', starts: ['0.0.6'], head: 'v0.0.7', manager: 'citadel-manager' },
		...{ chain: ['0.0.7'], end: 'up-to-date', ours: ['0.0.7'] },
	},
	{
		...{ repo: 'citadel', starts: ['0.0.7', '0.0.10'], head: 'beta', manager: 'citadel-manager' },
		...{
			chain: ['0.1.0-preview.6', '0.1.0-preview.9'],
			end: 'up-to-date',
			ours: ['0.1.0-preview.6', '0.1.0-preview.9'],
		},
	},
	{
		...{ repo: 'citadel', starts: ['0.0.10', '0.1.0-preview.9'], head: 'v0.1.1', manager: 'citadel-manager' },
		...{ chain: [], end: 'dead-end', ours: 'version-mismatch' },
	},
	{
		...{ repo: 'citadel', starts: ['0.0.10', '0.1.0-preview.9'], head: 'v0.1.4', manager: 'citadel-manager' },
		...{ chain: [], end: 'dead-end', ours: 'version-mismatch' },
	},
	{
		...{ repo: 'citadel', starts: ['0.1.0'], head: 'v0.1.4', manager: 'citadel-manager' },
		...{ chain: ['0.1.4'], end: 'up-to-date', ours: ['0.1.4'] },
	},
	{
		...{ repo: 'citadel', starts: ['0.1.2'], head: 'v0.1.8', manager: 'citadel-manager' },
		...{ chain: ['0.1.4', '0.1.5', '0.1.8'], end: 'up-to-date', ours: ['0.1.4', '0.1.5', '0.1.8'] },
	},
	{
		...{ repo: 'citadel', starts: ['0.1.4', '0.1.5', '0.1.8'], head: 'stable', manager: 'citadel-manager' },
		...{ chain: [], end: 'dead-end', ours: 'barrier' },
	},
	{
		...{ repo: 'citadel', starts: ['0.2.1'], head: 'stable', manager: 'citadel-manager' },
		...{ chain: ['0.2.6'], end: 'up-to-date', ours: ['0.2.6'] },
	},
	// Ours crosses to the main line too: nothing that a release says of itself tells that the hook of 0.0.5
	// would refuse.
	{
		...{ repo: 'citadel', starts: ['0.0.2-c-lightning.0'], head: 'c-lightning', manager: 'citadel-manager' },
		...{ chain: ['0.0.5', '0.1.0-cln.1'], end: 'up-to-date', ours: ['0.0.5', '0.1.0-cln.1'] },
	},
];

const CASES = ROWS.flatMap((row) => row.starts.map((start) => ({ ...row, start })));

describe('the chains of real releases', () => {
	test.each(CASES)(
		'$repo $start towards $head, by $manager',
		({ repo, start, head, manager, chain, end }) => {
			const found = legacyChain(installedAt(start), head, (ref) => lookUp(repo, ref), manager);
			expect(found.path.map((hop) => hop.version)).toEqual(chain);
			expect(found.end.kind).toBe(end);
		},
	);

	test.each(CASES)(
		'$repo $start towards $head, by our own rule instead of $manager',
		({ repo, start, head, ours }) => {
			const { plan } = planFully(realWorld(repo, head), (catalogue) =>
				planPath(installedAt(start), catalogue),
			);
			expect(plan.reason?.code ?? plan.path.map((hop) => hop.version)).toEqual(ours);
		},
	);
});

describe('one offer', () => {
	function ask(repo: Repo, start: string, head: string, manager: LegacyPolicy) {
		const lookups = new Map<string, Lookup>();
		for (;;) {
			const offer = legacyOffer(installedAt(start), { head, lookups }, manager);
			if (offer.kind !== 'need') return offer;
			lookups.set(offer.ref, lookUp(repo, offer.ref));
		}
	}

	test('umbrel 0.2.1 towards v0.5.4 probes down to the highest jump allowed', () => {
		const offer = ask('umbrel', '0.2.1', 'v0.5.4', 'umbrel-manager');
		expect(offer).toMatchObject({
			kind: 'offered',
			tag: 'v0.4.18',
			probes: ['v0.5.4', 'v0.5.3', 'v0.5.0', 'v0.4.18'],
		});
	});

	test('an old umbrel is told it is up to date after it was probed down to the barrier', () => {
		const offer = ask('umbrel', '0.1.9', 'v0.5.4', 'umbrel-manager');
		expect(offer).toEqual({
			kind: 'dead-end',
			probes: ['v0.5.4', 'v0.5.3', 'v0.5.0', 'v0.4.18', 'v0.2.1', 'v0.2.0'],
		});
	});

	test('a prerelease box is sent to a tag that never was', () => {
		const offer = ask('umbrel', '0.1.7-beta', 'v0.1.9', 'umbrel-manager');
		expect(offer).toMatchObject({
			kind: 'failed',
			error: { code: 'info-missing', facts: { ref: 'v0.0.1' } },
			probes: ['v0.1.9', 'v0.0.1'],
		});
	});

	test('the first manager goes round at a release that requires itself', () => {
		const offer = ask('umbrel', '0.1.9', 'v0.2.0', 'umbrel-manager-0.2.0');
		expect(offer).toEqual({ kind: 'endless', probes: ['v0.2.0'] });
	});

	test('the tag offered is v and the version, whatever tag was probed', () => {
		expect(ask('umbrel', '0.5.3', '1.7.2', 'umbrel-manager')).toMatchObject({
			kind: 'offered',
			tag: 'v1.0.0',
			probes: ['1.7.2'],
		});
	});
});

describe('made-up sources', () => {
	const info = (version: string, requires: string, more: Record<string, unknown> = {}): Lookup => ({
		kind: 'info',
		info: infoOf({ version, requires, ...more }),
	});
	const chainOf = (
		start: string,
		refs: Readonly<Record<string, Lookup>>,
		manager: LegacyPolicy = 'citadel-manager',
		cap?: number,
	) => {
		const found = legacyChain(
			installedAt(start),
			'main',
			(ref) => refs[ref] ?? { kind: 'missing' },
			manager,
			cap,
		);
		return { versions: found.path.map((hop) => hop.version), end: found.end };
	};

	test('two releases that require each other keep even the later managers busy for ever', () => {
		const refs = {
			main: info('3.0.0', '=2.0.0'),
			'v2.0.0': info('2.0.0', '=3.0.0'),
			'v3.0.0': info('3.0.0', '=2.0.0'),
		};
		expect(chainOf('1.0.0', refs)).toMatchObject({
			versions: [],
			end: { kind: 'endless', probes: ['main', 'v2.0.0', 'v3.0.0'] },
		});
	});

	test.each(['*', ''])('requires %j, not satisfied by a prerelease, leads to v0.0.0', (requires) => {
		const end = chainOf('1.0.0-rc.1', { main: info('2.0.0', requires) }, 'umbrel-manager').end;
		expect(end).toMatchObject({ kind: 'failed', probes: ['main', 'v0.0.0'] });
	});

	test('a box too new for the newest is told it is up to date, like one that is', () => {
		const refs = { main: info('3.0.0', '>=1.0.0 <1.6.0'), 'v1.0.0': info('1.0.0', '*') };
		expect(chainOf('1.6.0', refs).end).toEqual({ kind: 'dead-end', probes: ['main', 'v1.0.0'] });
		expect(chainOf('3.0.0', refs).end).toEqual({ kind: 'up-to-date', probes: ['main'] });
	});

	test('requires that no version can satisfy is an error', () => {
		expect(chainOf('1.0.0', { main: info('2.0.0', '>2 <1') }).end).toMatchObject({
			kind: 'failed',
			error: { code: 'barrier' },
		});
	});

	test('an offer whose tag does not exist fails when it is taken', () => {
		const end = chainOf('1.0.0', { main: info('2.0.0', '*') }).end;
		expect(end).toMatchObject({ kind: 'failed', error: { facts: { ref: 'v2.0.0' } } });
	});

	test('a moved tag that stays behind its channel is offered again and again: the cap ends it', () => {
		const refs = { main: info('2.0.0', '*'), 'v2.0.0': info('1.9.0', '*') };
		expect(chainOf('1.0.0', refs, 'citadel-manager', 3)).toEqual({
			versions: ['1.9.0', '1.9.0', '1.9.0'],
			end: { kind: 'cut' },
		});
	});

	test('forceUpdate is honoured by one generation only', () => {
		const refs = {
			main: info('1.0.0', '>=2.0.0', { forceUpdate: true }),
			'v1.0.0': info('1.0.0', '>=2.0.0', { forceUpdate: true }),
		};
		expect(chainOf('2.0.0', refs, 'citadel-manager').versions).toEqual([]);
		expect(chainOf('2.0.0', refs, 'citadel-manager-force').versions).toEqual(['1.0.0']);
	});
});
