/**
 * What the managers of the older systems would offer, each generation's rule under its own name (Citadel
 * contract §5.1). Kept beside our own planner to explain what a box saw before it ran Signalbox, and to prove
 * that nothing is offered less.
 */

import type { Lookup } from '../../src/engine/plan/catalogue.ts';
import type { ErrorRecord } from '../../src/model/base/error.ts';
import type { InfoJson } from '../../src/model/release/info.ts';
import type { Hop } from '../../src/model/release/plan.ts';
import { type Tag, tagsOfVersion } from '../../src/model/release/tag.ts';
import { isNewer, lowestOf, type PrereleaseRule, satisfies } from '../../src/model/release/version.ts';

interface Rule {
	/** Whether a prerelease that is installed may satisfy `requires`. */
	readonly prereleases: PrereleaseRule;
	/** What happens at a release whose lowest required version is the very tag that was asked for. */
	readonly ownMinimum: 'stops' | 'goes-on';
	readonly forceUpdate: 'ignored' | 'counts-as-newer';
}

const RULES = {
	/** umbrel-manager 0.2.0: goes round for ever at a release that requires itself. */
	'umbrel-manager-0.2.0': {
		prereleases: 'include-prereleases',
		ownMinimum: 'goes-on',
		forceUpdate: 'ignored',
	},
	/**
	 * umbrel-manager 0.2.1 and later. From 0.5.1 on it starts at the tag that api.umbrel.com names, not at a
	 * branch.
	 */
	'umbrel-manager': { prereleases: 'exclude-prereleases', ownMinimum: 'stops', forceUpdate: 'ignored' },
	'citadel-manager': { prereleases: 'include-prereleases', ownMinimum: 'stops', forceUpdate: 'ignored' },
	/** Citadel's manager 0.0.4 and 0.0.5, made to carry boxes over the numbering that began anew. */
	'citadel-manager-force': {
		prereleases: 'include-prereleases',
		ownMinimum: 'stops',
		forceUpdate: 'counts-as-newer',
	},
} as const satisfies Record<string, Rule>;

export type LegacyPolicy = keyof typeof RULES;

/**
 * Where a manager looks. A ref is the branch or tag it starts at, then `v` and a version: the names it puts
 * in a URL.
 */
export interface LegacySource {
	readonly head: string;
	/** info.json at the refs that were looked up so far. */
	readonly lookups: ReadonlyMap<string, Lookup>;
}

/** How a manager ends without an offer. `probes`: the refs in the order in which it asked for them. */
export type LegacyEnd = { readonly probes: readonly string[] } & (
	| { readonly kind: 'up-to-date' }
	/** Newer releases exist and none may be installed. The manager says "up to date" here too. */
	| { readonly kind: 'dead-end' }
	/** The manager answers 500 "Unable to check for update". */
	| { readonly kind: 'failed'; readonly error: ErrorRecord }
	/** The manager asks for the same refs again and never answers. */
	| { readonly kind: 'endless' }
);

export type LegacyOffer =
	| { readonly kind: 'need'; readonly ref: string }
	| {
			readonly kind: 'offered';
			readonly tag: Tag;
			readonly info: InfoJson;
			readonly probes: readonly string[];
	  }
	| LegacyEnd;

/**
 * Returns the one release that a manager would offer next, with the tag it would have installed: always `v`
 * and the version, whatever tag the info.json was found at. `need`: look up the ref and call again.
 */
export function legacyOffer(installed: InfoJson, source: LegacySource, policy: LegacyPolicy): LegacyOffer {
	const probes: string[] = [];
	for (let ref = source.head; ; ) {
		const lookup = source.lookups.get(ref);
		if (lookup === undefined) return { kind: 'need', ref };
		probes.push(ref);
		const step = stepFrom(ref, lookup, probes, installed, RULES[policy]);
		if (step.kind !== 'go-on') return step;
		ref = step.ref;
	}
}

type Step = { readonly kind: 'go-on'; readonly ref: string } | Exclude<LegacyOffer, { kind: 'need' }>;

function stepFrom(
	ref: string,
	lookup: Lookup,
	probes: readonly string[],
	installed: InfoJson,
	rule: Rule,
): Step {
	if (lookup.kind !== 'info') return { kind: 'failed', error: errorOf(ref, lookup), probes };
	const { info } = lookup;
	const lowest = lowestOf(info.requires);
	if (lowest === undefined) return { kind: 'failed', error: unsatisfiable(ref, info), probes };
	switch (weigh(info, installed, rule)) {
		case 'offer':
			return { kind: 'offered', tag: tagsOfVersion(info.version)[0], info, probes };
		case 'not-newer':
			return { kind: probes.length === 1 ? 'up-to-date' : 'dead-end', probes };
		case 'not-compatible':
			return goOn(ref, tagsOfVersion(lowest)[0], probes, rule);
	}
}

function goOn(ref: string, minimum: Tag, probes: readonly string[], rule: Rule): Step {
	if (minimum === ref && rule.ownMinimum === 'stops') return { kind: 'dead-end', probes };
	return probes.includes(minimum) ? { kind: 'endless', probes } : { kind: 'go-on', ref: minimum };
}

function weigh(info: InfoJson, installed: InfoJson, rule: Rule): 'offer' | 'not-newer' | 'not-compatible' {
	const forced = rule.forceUpdate === 'counts-as-newer' && info.raw['forceUpdate'] === true;
	if (!forced && !isNewer(info.version, installed.version)) return 'not-newer';
	return satisfies(installed.version, info.requires, rule.prereleases) ? 'offer' : 'not-compatible';
}

function errorOf(ref: string, lookup: Exclude<Lookup, { kind: 'info' }>): ErrorRecord {
	if (lookup.kind === 'unreadable') return lookup.error;
	const hint = 'ask the publisher to tag the release that is missing, or to require one that is there';
	return {
		code: 'info-missing',
		message: `cannot find info.json at ${ref}`,
		hint,
		retry: 'later',
		facts: { ref },
	};
}

function unsatisfiable(ref: string, info: InfoJson): ErrorRecord {
	const message = `cannot go on from ${ref}: no version can satisfy its requires ${info.requires}`;
	return {
		code: 'barrier',
		message,
		hint: 'ask the publisher to fix requires',
		retry: 'later',
		facts: { ref },
	};
}

export interface LegacyChain {
	readonly path: readonly Hop[];
	/** `failed` also where the tag that was offered cannot be had; `cut`: the cap was reached. */
	readonly end: LegacyEnd | { readonly kind: 'cut' };
}

/**
 * Returns what becomes of a box that takes every offer, one completed update after another, `cap` of them at
 * most.
 */
export function legacyChain(
	installed: InfoJson,
	head: string,
	lookUp: (ref: string) => Lookup,
	policy: LegacyPolicy,
	cap = 50,
): LegacyChain {
	const path: Hop[] = [];
	const lookups = new Map<string, Lookup>();
	let current = installed;
	while (path.length < cap) {
		const offer = legacyOffer(current, { head, lookups }, policy);
		if (offer.kind === 'need') {
			lookups.set(offer.ref, lookUp(offer.ref));
			continue;
		}
		if (offer.kind !== 'offered') return { path, end: offer };
		const release = lookUp(offer.tag);
		if (release.kind !== 'info')
			return { path, end: { kind: 'failed', error: errorOf(offer.tag, release), probes: offer.probes } };
		current = release.info;
		path.push({ tag: offer.tag, version: current.version, info: current });
	}
	return { path, end: { kind: 'cut' } };
}
