/**
 * The floor: the highest minimumSafeVersion of all releases that were ever committed here, and of what the signed channel said. It outlives journals and backups, and no
 * rollback lowers it.
 */
import { problem } from '../../../model/base/error.ts';
import { asObject, decodeText, parseJson } from '../../../model/base/json.ts';
import { type Journal, termsOf } from '../../../model/change/journal.ts';
import { isNewer, parseVersion, type Version } from '../../../model/release/version.ts';
import { readSmall, replaceDurably } from '../../../system/files/files.ts';
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
	return committed.map(minimumVersionIn).reduce(higher, readMinimumVersion(layout.floor));
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
	const floor = higher(minimumVersionOf(world), version);
	if (floor !== readMinimumVersion(world.layout.floor))
		replaceDurably(world.layout.floor, `${JSON.stringify({ schema: 1, minimumSafeVersion: floor })}\n`);
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

function readMinimumVersion(path: string): Version | undefined {
	const read = readSmall(path, MAX_BYTES);
	if (read.kind === 'missing') return undefined;
	const parsed = parseJson(read.kind === 'file' ? (decodeText(read.bytes) ?? '') : '');
	const floor =
		parsed.kind === 'json' ? parseVersion(asObject(parsed.value)?.['minimumSafeVersion']) : undefined;
	if (floor !== undefined) return floor;
	throw problem(
		'state-damaged',
		`cannot read ${path}: it is damaged`,
		'write the lowest safe version into it, or remove it if there is none',
		{
			facts: { path },
		},
	);
}
