/** Which probes are asked: those of the configuration always, those of a release where that release is to be well. */

import { termsOf } from '../../../model/change/journal.ts';
import type { Config } from '../../../model/config/config.ts';
import type { Probe } from '../../../model/config/probe.ts';
import type { Version } from '../../../model/release/version.ts';
import { installedBefore } from '../backup/installed-before.ts';
import { readJournal } from '../journal/change-journal.ts';
import type { ChangeWorld } from '../world.ts';

/**
 * A box that cannot update itself again is not well. The program and the configuration are read anew, as the release left them.
 * It stands last: what takes long to come up has had the others' time.
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
 * Returns the probes of the release that the change in `dir` found installed and that comes back: without soak, because there is
 * nothing behind it to go back to, and without its commands, because the tree that was verified with them is gone.
 */
export function probesOfOld(world: ChangeWorld, dir: string, version: Version): readonly Probe[] {
	const own = termsWithin(world, dir, version).filter(({ question }) => question.kind !== 'command');
	return [...world.config.probes, ...own].map((probe) => ({ ...probe, soak: 0 }));
}

/** The journal of the change that installed it; none of it is left after twenty others. */
function termsWithin(world: ChangeWorld, dir: string, version: Version): readonly Probe[] {
	const change = installedBefore(dir, version)?.change;
	try {
		return change === undefined ? [] : termsOf(readJournal(world.layout, change)).probes;
	} catch {
		return [];
	}
}
