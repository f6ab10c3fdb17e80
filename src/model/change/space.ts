/**
 * How much room a change will take on disk, and whether there is as much: told before anything is downloaded.
 */
import { asObject, type Json, type JsonObject } from '../base/json.ts';

/** Bytes on disk, whole blocks. All of it stands there at the same time just before the commit. */
export interface SpaceParts {
	/** Objects that the store does not hold yet. State. */
	readonly store: number;
	/** The release, beside the installed one. Root. */
	readonly staging: number;
	/** What the change may touch, `install.data`, and the notes of a change. State. */
	readonly backup: number;
	/** What hooks copy for themselves before they replace it: as much as the release manages. Root. */
	readonly hooks: number;
	/** By how much the new release is larger than what it replaces. Root. */
	readonly growth: number;
}

/** One file system, with what of the box lies on it. */
export interface SpacePlace {
	readonly holds: readonly ('root' | 'state')[];
	readonly need: number;
	/** `install.spare`: must be left when all of `need` is taken. */
	readonly spare: number;
	readonly free: number;
}

export interface SpacePlan {
	/** The release that needs most of those on the path. */
	readonly tag: string;
	/**
	 * `release`: counted from its own files. `installed`: it is not here yet, and the installed one was counted
	 * in its place.
	 */
	readonly from: 'release' | 'installed';
	readonly parts: SpaceParts;
	readonly places: readonly SpacePlace[];
	readonly verdict: 'fits' | 'does-not-fit';
}

/** Reads the plan as it is published. Returns null for anything else; missing numbers are 0. */
export function parseSpacePlan(value: Json | undefined): SpacePlan | null {
	const raw = asObject(value);
	if (raw === undefined || typeof raw['tag'] !== 'string') return null;
	const parts = asObject(raw['parts']) ?? {};
	return {
		tag: raw['tag'],
		from: raw['from'] === 'release' ? 'release' : 'installed',
		parts: {
			store: numberIn(parts, 'store'),
			staging: numberIn(parts, 'staging'),
			backup: numberIn(parts, 'backup'),
			hooks: numberIn(parts, 'hooks'),
			growth: numberIn(parts, 'growth'),
		},
		places: (Array.isArray(raw['places']) ? raw['places'] : []).flatMap((place) => placeOf(asObject(place))),
		verdict: raw['verdict'] === 'fits' ? 'fits' : 'does-not-fit',
	};
}

function placeOf(raw: JsonObject | undefined): readonly SpacePlace[] {
	if (raw === undefined || !Array.isArray(raw['holds'])) return [];
	const held: readonly Json[] = raw['holds'];
	const holds = (['root', 'state'] as const).filter((one) => held.includes(one));
	return [{ holds, need: numberIn(raw, 'need'), spare: numberIn(raw, 'spare'), free: numberIn(raw, 'free') }];
}

function numberIn(raw: JsonObject, key: string): number {
	const value = raw[key];
	return typeof value === 'number' && value >= 0 ? value : 0;
}
