/** What the planner knows of a source, and whether a single release of it can be used. */

import type { ErrorRecord, Facts } from '../../model/base/error.ts';
import type { ErrorCode } from '../../model/base/error-codes.ts';
import type { InfoJson } from '../../model/release/info.ts';
import type { Hop } from '../../model/release/plan.ts';
import { type Tag, tagsOfVersion, versionOfTag } from '../../model/release/tag.ts';
import type { Version } from '../../model/release/version.ts';

/** The result of looking up a ref. `missing`: no such ref, or no info.json in it. */
export type Lookup =
	| { readonly kind: 'info'; readonly info: InfoJson }
	| { readonly kind: 'missing' }
	| { readonly kind: 'unreadable'; readonly error: ErrorRecord };

/** What is known of a source so far. */
export interface Catalogue {
	/** info.json at the channel's ref; undefined: not looked up yet. */
	readonly channel: Lookup | undefined;
	/** All listed names that parse as a tag, in any order. */
	readonly tags: readonly Tag[];
	/** info.json at the tags that were looked up so far. */
	readonly infos: ReadonlyMap<Tag, Lookup>;
}

/** A release at which the walk could not continue, with a sentence that says why. */
export interface DeadEnd {
	readonly code: ErrorCode;
	readonly sentence: string;
	/** Facts for the reason besides those of the walk. */
	readonly facts?: Facts;
	/** What to do, where it differs from the usual hint for this code. */
	readonly hint?: string;
}

export type Candidate =
	| { readonly kind: 'release'; readonly hop: Hop }
	| { readonly kind: 'dead-end'; readonly end: DeadEnd };

/** Returns the release at a tag, or why there is none: no info.json, or one with another version. */
export function candidateAt(tag: Tag, lookup: Lookup): Candidate {
	switch (lookup.kind) {
		case 'missing':
			return deadEnd('info-missing', `${tag} has no info.json`);
		case 'unreadable':
			return deadEnd(lookup.error.code, `${tag} cannot be used: ${lookup.error.message}`);
		case 'info': {
			const { info } = lookup;
			if (info.version === versionOfTag(tag))
				return { kind: 'release', hop: { tag, version: info.version, info } };
			return deadEnd(
				'version-mismatch',
				`the info.json of ${tag} says ${info.version}, so the tag cannot be trusted`,
			);
		}
	}
}

function deadEnd(code: ErrorCode, sentence: string): Candidate {
	return { kind: 'dead-end', end: { code, sentence } };
}

/** Returns the tags under which the source lists a version, the usual name first. */
export function tagsListed(catalogue: Catalogue, version: Version): readonly Tag[] {
	return tagsOfVersion(version).filter((tag) => catalogue.tags.includes(tag));
}
