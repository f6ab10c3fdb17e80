/** Prints how a followed change ended, and returns the exit code that says the same. */

import { formatSpan } from '../../../model/base/units.ts';
import type { ChangeStatus, EndedChange } from '../../../model/change/change.ts';
import { oneLine, printJson, printLine, tellError, tellUnsigned } from '../../../terminal/print.ts';
import type { World } from '../../../terminal/world.ts';
import { type Followed, LEFT } from '../ask/follow.ts';
import type { PublicLayout } from '../located-root.ts';
import { readHistory, readInfo } from '../statuses.ts';
import type { Common } from '../subcommand.ts';
import { judge, type Verdict } from './verdict.ts';

/** Returns the ids of the changes that ended so far. Changes are told apart by them, not by times: the clock may jump. */
export function endedBefore(layout: PublicLayout): ReadonlySet<string> {
	return new Set(readHistory(layout).map(({ change }) => change));
}

/** Prints the end of what was asked for when the changes in `before` had ended. */
export function endOfChange(
	followed: Followed,
	layout: PublicLayout,
	before: ReadonlySet<string>,
	output: Common['output'],
	world: World,
): number {
	if (followed.kind === 'left') {
		printLine(world.err, 'the change goes on without you: signalbox status shows where it is');
		return LEFT;
	}
	const { report, change } = followed;
	const verdict = judge(report, change);
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

/** Oldest first: the stepping stones in the order they were taken. */
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
	tellUnsigned(world.err, change?.trust ?? '');
	for (const one of ended) printLine(world.out, `${one.from} to ${one.to}: ${one.outcome} in ${spanOf(one)}`);
	if (verdict.error !== null) tellError(world.err, verdict.error);
	else if (ended.length === 0)
		printLine(world.out, `nothing to do: ${readInfo(layout).version} is installed`);
	const next = change?.next ?? '';
	if (verdict.error !== null && next !== '' && next !== verdict.error.hint)
		printLine(world.err, `  next: ${oneLine(next)}`);
}

function spanOf(one: EndedChange): string {
	return formatSpan(Math.max(0, Date.parse(one.endedAt) - Date.parse(one.startedAt)));
}
