/**
 * `failures.json`: the releases that failed on this box. The list only avoids repeated failures, so it never
 * blocks an update: a damaged file counts as an empty list, and a failed write is only logged.
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
import { FAILURES_FILE, type Failure } from '../../../model/change/failure.ts';
import type { Opened } from '../../../model/change/journal.ts';
import type { Outcome } from '../../../model/change/outcome.ts';
import type { Version } from '../../../model/release/version.ts';
import type { RetryRule } from '../../../model/signal/requested-release.ts';
import { AVAILABLE_FILE } from '../../../model/status/published.ts';
import { readValue, StateFile } from '../../../system/files/state-file.ts';
import type { World } from '../world.ts';

/** Returns the releases that are withheld now, by version, with the reason why. */
export function withheldNow(world: World, rule: RetryRule): ReadonlyMap<Version, DeadEnd> {
	const now = world.clock.now();
	const failures = changeMemory(world, (known) => settle(known, now));
	return new Map(
		[...withheldAt(failures, now, rule)].map(([version, withheld]) => [version, failedBefore(withheld)]),
	);
}

/** Records that a release is about to be tried. */
export function rememberTry(world: World, version: Version, rule: RetryRule): void {
	changeMemory(world, (known) => noteTry(known, version, rule));
}

/**
 * Records how an update ended. Returns the release that is withheld because of it, if any. Crash: the end of
 * the change is reported again until its marker is removed, but the failure is counted once.
 */
export function rememberEnd(world: World, opened: Opened, outcome: Outcome): Withheld | undefined {
	const now = world.clock.now();
	const failures = changeMemory(world, (known) => settle(remember(known, opened, outcome, now), now));
	const withheld = withheldAt(failures, now, 'respected').get(opened.to);
	if (withheld !== undefined) withdrawOffer(world, withheld);
	return withheld;
}

/** Dashboards still offer the plan made before the failure: a path over the failed release is withdrawn. */
function withdrawOffer(world: World, withheld: Withheld): void {
	const known = readValue(world.layout.available, AVAILABLE_FILE);
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

function failuresFile({ layout }: World): StateFile<readonly Failure[]> {
	return new StateFile(layout.failures, FAILURES_FILE, (failures) => ({ failures }));
}

function readFailures(world: World): readonly Failure[] {
	const file = failuresFile(world);
	try {
		const read = file.read();
		if (read.kind === 'value') return read.value;
		if (read.kind === 'damaged')
			world.log.warn(
				'cannot read the list of failed releases: the file is damaged; starting with an empty list',
				{
					path: file.path,
					why: read.why,
				},
			);
	} catch (thrown) {
		world.log.problem(recordOf(thrown), { path: file.path });
	}
	return [];
}

function writeFailures(world: World, failures: readonly Failure[]): void {
	try {
		failuresFile(world).write(failures);
	} catch (thrown) {
		world.log.problem(recordOf(thrown), { path: world.layout.failures });
	}
}
