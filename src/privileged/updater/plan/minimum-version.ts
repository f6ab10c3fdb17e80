/**
 * The floor: the highest minimumSafeVersion of all releases that were ever committed here, and of what the signed channel said. It outlives journals and backups, and no
 * rollback lowers it.
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

/** Returns the floor, or undefined where no release has set one. Throws `state-damaged`: what cannot be read is no leave. */
function minimumVersionOf({ layout }: Pick<World, 'layout'>): Version | undefined {
	// A clean-up that never succeeded has not written down what its release says.
	const committed = listChanges(layout)
		.map((change) => readJournal(layout, change))
		.filter(wasCommitted);
	return committed.map(minimumVersionIn).reduce(higher, readMinimumVersion(layout));
}

function minimumVersionIn(journal: Journal): Version | undefined {
	return termsOf(journal).minimumSafeVersion ?? undefined;
}

/** Writes down what the release that was just committed says. Crash: the old floor or the new one; it is repeated with the step. */
export function raiseMinimumVersion(world: ChangeWorld): void {
	raiseMinimumVersionTo(world, minimumVersionIn(world.journal()));
}

/** Writes down what the publisher says of the whole channel, after a release turned out unsafe. It never goes down again. */
export function raiseMinimumVersionTo(world: Pick<World, 'layout'>, version: Version | undefined): void {
	const minimum = higher(minimumVersionOf(world), version);
	if (minimum !== undefined && minimum !== readMinimumVersion(world.layout))
		minimumFile(world.layout).write(minimum);
}

/** Throws `below-floor`. */
export function requireMinimumVersion(world: Pick<World, 'layout'>, to: Version): void {
	const floor = minimumVersionOf(world);
	if (floor === undefined || !isNewer(floor, to)) return;
	const message = `cannot go to ${to}: its publisher says that nothing older than ${floor} is safe`;
	throw problem('below-floor', message, 'install a newer release: `signalbox check` names them', {
		facts: { to, floor },
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
