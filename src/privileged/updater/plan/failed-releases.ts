/**
 * `failures.json`: the releases that failed on this box. It only spares the box what failed before, so it never stands in the
 * way: a file that is damaged counts as none, and one that cannot be written is told in the log.
 */

import type { DeadEnd } from '../../../engine/plan/catalogue.ts';
import {
	noteTry,
	remember,
	settle,
	type Withheld,
	withheldAt,
} from '../../../engine/plan/failed-releases.ts';
import { failedBefore, pathFailed } from '../../../engine/plan/reason.ts';
import { recordOf } from '../../../model/base/error.ts';
import {
	encodeFailures,
	FAILURES_MAX_BYTES,
	type Failure,
	parseFailures,
} from '../../../model/change/failure.ts';
import type { Opened } from '../../../model/change/journal.ts';
import type { Outcome } from '../../../model/change/outcome.ts';
import type { Version } from '../../../model/release/version.ts';
import type { RetryRule } from '../../../model/signal/requested-release.ts';
import { AVAILABLE_MAX_BYTES, parseAvailable } from '../../../model/status/published.ts';
import { readSmall, replaceDurably } from '../../../system/files/files.ts';
import type { World } from '../world.ts';

/** Returns what may not be had now, by version, with the reason why. */
export function withheldNow(world: World, rule: RetryRule): ReadonlyMap<Version, DeadEnd> {
	const now = world.clock.now();
	const failures = changeMemory(world, (known) => settle(known, now));
	return new Map(
		[...withheldAt(failures, now, rule)].map(([version, withheld]) => [version, failedBefore(withheld)]),
	);
}

/** Notes that a release is about to be tried. */
export function rememberTry(world: World, version: Version, rule: RetryRule): void {
	changeMemory(world, (known) => noteTry(known, version, rule));
}

/**
 * Notes how an update ended. Returns what is withheld because of it, if anything is. Crash: the open change is told as ended
 * until its marker is gone, so a cut before that notes it again, once.
 */
export function rememberEnd(world: World, opened: Opened, outcome: Outcome): Withheld | undefined {
	const now = world.clock.now();
	const failures = changeMemory(world, (known) => settle(remember(known, opened, outcome, now), now));
	const withheld = withheldAt(failures, now, 'respected').get(opened.to);
	if (withheld !== undefined) withdrawOffer(world, withheld);
	return withheld;
}

/** The plan that dashboards offer was made before: what leads over the failed release is no offer any more. */
function withdrawOffer(world: World, withheld: Withheld): void {
	const read = readSmall(world.layout.available, AVAILABLE_MAX_BYTES);
	const known = read.kind === 'file' ? parseAvailable(read.bytes) : undefined;
	if (known === undefined || !known.path.some(({ version }) => version === withheld.failure.version)) return;
	const { from, tag } = withheld.failure;
	world.publisher.available({ ...known, path: [], reason: pathFailed(from, tag, withheld) });
}

function changeMemory(
	world: World,
	change: (known: readonly Failure[]) => readonly Failure[],
): readonly Failure[] {
	const known = readFailures(world);
	const changed = change(known);
	if (changed !== known) writeFailures(world, changed);
	return changed;
}

function readFailures({ layout, log }: World): readonly Failure[] {
	try {
		const read = readSmall(layout.failures, FAILURES_MAX_BYTES);
		if (read.kind === 'missing') return [];
		const failures = read.kind === 'file' ? parseFailures(read.bytes) : undefined;
		if (failures === undefined)
			log.warn('what failed before is forgotten: the file is damaged', { path: layout.failures });
		return failures ?? [];
	} catch (thrown) {
		log.problem(recordOf(thrown), { path: layout.failures });
		return [];
	}
}

function writeFailures({ layout, log }: World, failures: readonly Failure[]): void {
	try {
		replaceDurably(layout.failures, encodeFailures(failures));
	} catch (thrown) {
		log.problem(recordOf(thrown), { path: layout.failures });
	}
}
