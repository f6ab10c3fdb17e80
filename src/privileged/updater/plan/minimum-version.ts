/**
 * The minimum version: the highest minimumSafeVersion of all releases ever committed here and of the signed
 * channel. It outlives journals and backups, and no rollback lowers it.
 */
import { problem } from '../../../model/base/error.ts';
import { objectFormat } from '../../../model/base/file-format.ts';
import type { Layout } from '../../../model/base/layout.ts';
import { type Journal, termsOf } from '../../../model/change/journal.ts';
import { isNewer, parseVersion, type Version } from '../../../model/release/version.ts';
import { StateFile } from '../../../system/files/state-file.ts';
import { listChanges, readJournal } from '../journal/change-journal.ts';
import { wasCommitted } from '../journal/history.ts';
import type { ChangeWorld, World } from '../world.ts';

const MAX_BYTES = 4096;

/** Returns the minimum version, or undefined when none was ever set. Throws `state-damaged`. */
function minimumVersionOf({ layout }: Pick<World, 'layout'>): Version | undefined {
	// The step that writes the minimum may have failed, so the journals of committed changes count too.
	const committed = listChanges(layout)
		.map((change) => readJournal(layout, change))
		.filter(wasCommitted);
	return committed.map(minimumVersionIn).reduce(higher, readMinimumVersion(layout));
}

function minimumVersionIn(journal: Journal): Version | undefined {
	return termsOf(journal).minimumSafeVersion ?? undefined;
}

/** Raises the minimum to that of the committed release. Crash: the old or new file; repeated. */
export function raiseMinimumVersion(world: ChangeWorld): void {
	raiseMinimumVersionTo(world, minimumVersionIn(world.journal()));
}

/** Raises the minimum to `version`, which the publisher set for the whole channel. It is never lowered. */
export function raiseMinimumVersionTo(world: Pick<World, 'layout'>, version: Version | undefined): void {
	const minimum = higher(minimumVersionOf(world), version);
	if (minimum !== undefined && minimum !== readMinimumVersion(world.layout))
		minimumFile(world.layout).write(minimum);
}

/** Throws `below-floor`. */
export function requireMinimumVersion(world: Pick<World, 'layout'>, to: Version): void {
	const minimum = minimumVersionOf(world);
	if (minimum === undefined || !isNewer(minimum, to)) return;
	const message = `cannot install ${to}: its publisher says that no release older than ${minimum} is safe`;
	throw problem('below-floor', message, 'install a newer release; `signalbox check` lists them', {
		facts: { to, floor: minimum },
	});
}

function higher(a: Version | undefined, b: Version | undefined): Version | undefined {
	if (a === undefined || b === undefined) return a ?? b;
	return isNewer(b, a) ? b : a;
}

function readMinimumVersion(layout: Pick<Layout, 'minimumVersion'>): Version | undefined {
	return minimumFile(layout).intactValue(
		'write the lowest safe version into it, or remove it if there is none',
	);
}

function minimumFile({ minimumVersion: path }: Pick<Layout, 'minimumVersion'>): StateFile<Version> {
	const format = objectFormat(MAX_BYTES, ({ minimumSafeVersion }) => parseVersion(minimumSafeVersion));
	return new StateFile(path, format, (minimumSafeVersion) => ({ minimumSafeVersion }));
}
