/** Which probes run: those of the configuration always, those of a release when that release is checked. */

import { termsOf } from '../../../model/change/journal.ts';
import type { Config } from '../../../model/config/config.ts';
import type { Probe } from '../../../model/config/probe.ts';
import type { Version } from '../../../model/release/version.ts';
import { installedBefore } from '../backup/installed-before.ts';
import { readJournal } from '../journal/change-journal.ts';
import type { ChangeWorld } from '../world.ts';

/**
 * Checks that the box can still update itself, with the program and configuration as the new release left
 * them. It comes last: services that start slowly have had the time of the other probes.
 */
function sourceProbe({ probeDeadline }: Config['source']): readonly Probe[] {
	if (probeDeadline === undefined) return [];
	return [
		{
			name: 'source',
			question: { kind: 'source' },
			timeout: 60_000,
			interval: 10_000,
			deadline: probeDeadline,
			soak: 0,
		},
	];
}

/** Returns the probes of the release that is being installed. */
export function probesOfNew(world: ChangeWorld): readonly Probe[] {
	return [...world.config.probes, ...termsOf(world.journal()).probes, ...sourceProbe(world.config.source)];
}

/**
 * Returns the probes of a restored release, which the change in `dir` replaced: without soak, because there
 * is no further release to go back to, and without its commands, because the verified tree that held them is
 * gone.
 */
export function probesOfOld(world: ChangeWorld, dir: string, version: Version): readonly Probe[] {
	const own = termsWithin(world, dir, version).filter(({ question }) => question.kind !== 'command');
	return [...world.config.probes, ...own].map((probe) => ({ ...probe, soak: 0 }));
}

/**
 * Reads the terms from the journal of the change that installed it, which is removed after twenty further
 * changes.
 */
function termsWithin(world: ChangeWorld, dir: string, version: Version): readonly Probe[] {
	const change = installedBefore(dir, version)?.change;
	try {
		return change === undefined ? [] : termsOf(readJournal(world.layout, change)).probes;
	} catch {
		return [];
	}
}
