/** All of them, by their threats; and what no test can hold. */
import { ASKING } from './asking.ts';
import { CARRYING } from './carrying.ts';
import type { Mutation } from './mutation.ts';
import { READING_GIT } from './reading-git.ts';
import { TRUSTING } from './trusting.ts';

export const MUTATIONS: readonly Mutation[] = [...ASKING, ...READING_GIT, ...TRUSTING, ...CARRYING].sort(
	(a, b) => a.threat - b.threat,
);

/** Threats with two or more: what is lost by them is the box. */
export const GRAVE: readonly number[] = [1, 2, 6, 7, 8, 10, 14, 16, 20, 21, 25, 26];

/** What of a threat is for people to see to. */
export const BEYOND_CODE: Readonly<Record<number, string>> = {
	5: 'that root keys lie apart and offline is for their holders; code begins the chain at another pinned root, and that is shown here',
	27: 'that a second person builds the release again before signing is for the team; code makes what both build the same, and that is shown here',
};
