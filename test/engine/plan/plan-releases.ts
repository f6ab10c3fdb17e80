/**
 * Sources for the planner's tests: real release tables, made-up ones, and the loop that answers what the
 * planner asks.
 */
import { readFileSync } from 'node:fs';
import type { Lookup } from '../../../src/engine/plan/catalogue.ts';
import { type Catalogue, PLAN_POLICY, type Planning } from '../../../src/engine/plan/plan.ts';
import { problem } from '../../../src/model/base/error.ts';
import { type InfoJson, parseInfo } from '../../../src/model/release/info.ts';
import type { Plan } from '../../../src/model/release/plan.ts';
import { parseTag, type Tag } from '../../../src/model/release/tag.ts';

/** Everything a source holds, as opposed to the catalogue: what is known of it so far. */
export interface World {
	readonly channel: Lookup;
	readonly tags: readonly Tag[];
	readonly infos: ReadonlyMap<Tag, Lookup>;
}

export function infoOf(object: Record<string, unknown>): InfoJson {
	return parseInfo(new TextEncoder().encode(JSON.stringify(object)), 'the test');
}

export function installedAt(version: string): InfoJson {
	return infoOf({ version, requires: '*' });
}

export function tag(text: string): Tag {
	const parsed = parseTag(text);
	if (parsed === undefined) throw new Error(`${text} is not a tag`);
	return parsed;
}

/** What a release of the made-up kind holds: `requires` alone, `version requires`, or one of two words. */
export type Spelling =
	| string
	| { readonly version: string; readonly requires: string }
	| 'MISSING'
	| 'UNREADABLE';

function lookupOf(name: string, spelling: Spelling): Lookup {
	if (spelling === 'MISSING') return { kind: 'missing' };
	if (spelling === 'UNREADABLE') {
		const error = problem(
			'info-unreadable',
			`cannot read info.json of ${name}: its requires 7 is not a range`,
			'mend it',
		).record;
		return { kind: 'unreadable', error };
	}
	const { version, requires } =
		typeof spelling === 'string' ? { version: name, requires: spelling } : spelling;
	return { kind: 'info', info: infoOf({ version, requires }) };
}

/**
 * Makes a source of `releases`, by tag. The channel announces the one of them that `newest` names, or that
 * version alone.
 */
export function world(newest: string, releases: Readonly<Record<string, Spelling>>): World {
	const infos = new Map(
		Object.entries(releases).map(([name, spelling]) => [tag(name), lookupOf(name, spelling)]),
	);
	const announced = infos.get(tag(newest));
	const channel = announced?.kind === 'info' ? announced : lookupOf(newest, '*');
	return { channel, tags: [...infos.keys()], infos };
}

const BRANCHES: Readonly<Record<'umbrel' | 'citadel', Readonly<Record<string, string>>>> = {
	umbrel: { master: 'v1.0.0' },
	citadel: { main: 'v0.5.24', stable: 'v0.2.6', beta: 'v0.1.0-preview.9', 'c-lightning': 'v0.1.0-cln.1' },
};

export type Repo = keyof typeof BRANCHES;

interface Row {
	readonly tag: string;
	readonly info: Record<string, unknown> | null;
}

const TABLES = { umbrel: readTable('umbrel'), citadel: readTable('citadel') };

function readTable(repo: Repo): readonly Row[] {
	return JSON.parse(
		readFileSync(new URL(`../../fixtures/releases/${repo}.json`, import.meta.url), 'utf8'),
	) as Row[];
}

/** Looks up a branch or a tag of the real tables. */
export function lookUp(repo: Repo, ref: string): Lookup {
	const row = TABLES[repo].find((one) => one.tag === (BRANCHES[repo][ref] ?? ref));
	return row?.info ? { kind: 'info', info: infoOf(row.info) } : { kind: 'missing' };
}

export function realWorld(repo: Repo, head: string): World {
	const tags = TABLES[repo].map((row) => parseTag(row.tag)).filter((one) => one !== undefined);
	return { channel: lookUp(repo, head), tags, infos: new Map(tags.map((one) => [one, lookUp(repo, one)])) };
}

/** Knows nothing of the source yet but the names of its tags. */
function unread(source: World): Catalogue {
	return { channel: undefined, tags: source.tags, infos: new Map() };
}

export interface Planned {
	readonly plan: Plan;
	/** Every tag that was asked for, in order. */
	readonly asked: readonly Tag[];
	readonly trips: number;
}

/**
 * Answers the planner until it has planned. Fails when it asks for nothing, twice for the same, or for what
 * is not listed. `answered` picks which of the tags asked for are answered in this trip.
 */
export function planFully(
	source: World,
	step: (catalogue: Catalogue) => Planning,
	answered: (tags: readonly Tag[]) => readonly Tag[] = (tags) => tags,
): Planned {
	const asked: Tag[] = [];
	let known = unread(source);
	for (let trips = 0; trips <= 2 * PLAN_POLICY.maxLookups; trips++) {
		const planning = step(known);
		switch (planning.kind) {
			case 'planned':
				return { plan: planning.plan, asked, trips };
			case 'need-channel':
				known = { ...known, channel: source.channel };
				break;
			case 'need': {
				const wrong = planning.tags.filter((one) => known.infos.has(one) || !source.infos.has(one));
				if (planning.tags.length === 0 || wrong.length > 0)
					throw new Error(`the planner asked for ${planning.tags.join(', ') || 'nothing'}`);
				const now = answered(planning.tags);
				asked.push(...now);
				known = {
					...known,
					infos: new Map([
						...known.infos,
						...now.map((one) => [one, source.infos.get(one) as Lookup] as const),
					]),
				};
			}
		}
	}
	throw new Error('the planner never planned');
}
