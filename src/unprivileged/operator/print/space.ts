/** The disk space of an update, in words. */

import { formatSize } from '../../../model/base/units.ts';
import type { SpaceParts, SpacePlace, SpacePlan } from '../../../model/change/space.ts';
import { printLine } from '../../../terminal/print.ts';
import type { Sink } from '../../../terminal/world.ts';

const PARTS: Readonly<Record<keyof SpaceParts, string>> = {
	store: 'store',
	staging: 'staging',
	backup: 'backup',
	hooks: 'copies by hooks',
	growth: 'growth',
};

/** Returns the rows of a space plan: needed and free space on each file system, and the parts of the need. */
export function spaceRows(plan: SpacePlan | null): readonly (readonly [string, string])[] {
	if (plan === null) return [];
	return [...plan.places.map((place) => ['space', lineOf(place)] as const), ['of it', partsOf(plan)]];
}

/** Warns if the update does not fit: it will be refused. */
export function warnLackOfSpace(sink: Sink, { places, verdict }: SpacePlan): void {
	if (verdict === 'fits') return;
	const lack = Math.max(...places.map(({ need, spare, free }) => need + spare - free));
	printLine(sink, `WARNING: not enough disk space for the update: free ${formatSize(lack)} first`);
}

function lineOf({ need, spare, free, holds }: SpacePlace): string {
	const fits = need + spare <= free ? 'fits' : 'does not fit';
	return `${formatSize(need)} and ${formatSize(spare)} spare, of ${formatSize(free)} free for ${holds.join(' and ')}: ${fits}`;
}

function partsOf({ parts, from, tag }: SpacePlan): string {
	const words = (Object.keys(PARTS) as (keyof SpaceParts)[])
		.filter((part) => parts[part] > 0)
		.map((part) => `${PARTS[part]} ${formatSize(parts[part])}`);
	return `${words.join(', ')} (planned from ${from === 'release' ? tag : 'the installed release'})`;
}
