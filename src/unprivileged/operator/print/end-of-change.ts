/** Prints how a followed change ended and returns the matching exit code. */

import type { ChangeStatus, EndedChange } from '../../../model/change/change.ts';
import { oneLine, printError, printJson, printLine, warnUnsigned } from '../../../terminal/print.ts';
import type { World } from '../../../terminal/world.ts';
import { type Followed, LEFT } from '../ask/follow.ts';
import type { PublicLayout } from '../located-root.ts';
import { readHistory, readInfo } from '../statuses.ts';
import type { Common } from '../subcommand.ts';
import { sentenceOfEnd } from './ended-change.ts';
import { type Verdict, verdictOn } from './verdict.ts';

/** Returns the ids of all changes that have ended. Ids, not times, identify changes: the clock may jump. */
export function endedBefore(layout: PublicLayout): ReadonlySet<string> {
	return new Set(readHistory(layout).map(({ change }) => change));
}

/** Prints the result of a request; the changes in `before` had already ended when it was made. */
export function endOfChange(
	followed: Followed,
	layout: PublicLayout,
	before: ReadonlySet<string>,
	output: Common['output'],
	world: World,
): number {
	if (followed.kind === 'left') {
		printLine(world.err, 'The change continues in the background; signalbox status shows its progress.');
		return LEFT;
	}
	const { report, change } = followed;
	const verdict = verdictOn(report, change);
	const ended = endedSince(layout, before);
	if (output === 'json')
		printJson(world.out, {
			...(verdict.error === null ? {} : { error: verdict.error }),
			change: change ?? null,
			changes: ended,
			report,
		});
	else printEnd(verdict, change, ended, layout, world);
	return verdict.exit;
}

/** Oldest first: the stepping stones in the order of installation. */
function endedSince(layout: PublicLayout, before: ReadonlySet<string>): readonly EndedChange[] {
	return readHistory(layout)
		.filter(({ change }) => !before.has(change))
		.reverse();
}

function printEnd(
	verdict: Verdict,
	change: ChangeStatus | undefined,
	ended: readonly EndedChange[],
	layout: PublicLayout,
	world: World,
): void {
	warnUnsigned(world.err, change?.trust ?? '');
	for (const one of ended) printLine(world.out, sentenceOfEnd(one));
	if (verdict.error !== null) printError(world.err, verdict.error);
	else if (ended.length === 0)
		printLine(world.out, `Nothing to do: ${readInfo(layout).version} is installed.`);
	const next = change?.next ?? '';
	if (verdict.error !== null && next !== '' && next !== verdict.error.hint)
		printLine(world.err, `  next: ${oneLine(next)}`);
}
