/**
 * What a release would delete: its overlay removes everything that is neither in it nor ignored by its filters. Real boxes
 * lost wallets that way (Citadel contract §3, §8.4), so what no release brought is not deleted unasked.
 */

import { problem, recordOf } from '../../../model/base/error.ts';
import { tagsOfVersion, versionOfTag } from '../../../model/release/tag.ts';
import { type Filters, listDeletions, listManaged } from '../../../system/files/rsync.ts';
import { readInstalled } from '../backup/installed.ts';
import { type ChangeWorld, rsyncPlace } from '../world.ts';
import { bringsFilters } from './filters.ts';

/** How many paths an error names. */
const SHOWN = 20;

/** Signals that were answered and reports of our own are nobody's loss: some real releases sweep the whole directory away. */
const OURS: readonly string[] = ['events/signals', 'statuses'];
/** Made by `signalbox init` in every root, and worth nothing when empty. What lies in them is the user's. */
const EMPTY_IS_NOTHING: readonly string[] = ['events/', 'events/triggers/'];

/**
 * Returns how many paths the release will delete. Throws `would-delete` with the list when some of them are not of the
 * installed release's bringing and install.allow_delete does not name them.
 */
export async function refuseDeletions(world: ChangeWorld, staged: string, filters: Filters): Promise<number> {
	if (!bringsFilters(filters)) return 0;
	const deleted = await listDeletions(staged, world.layout.root, filters, rsyncPlace(world));
	const brought = deleted.length === 0 ? new Set<string>() : withParents(await broughtByInstalled(world));
	const allowed = [...OURS, ...world.config.install.allowDelete];
	const users = await letThroughUnnamed(world, filters);
	const foreign = deleted.filter(
		(path) =>
			!EMPTY_IS_NOTHING.includes(path) &&
			users.has(path) &&
			!brought.has(bare(path)) &&
			!isAllowed(bare(path), allowed),
	);
	if (foreign.length === 0) return deleted.length;
	const loss =
		foreign.length === 1
			? '1 path that no release brought:'
			: `${foreign.length} paths that no release brought, such as`;
	throw problem(
		'would-delete',
		`cannot install ${versionOfTag(world.opened.tag)}: it would delete ${loss} ${foreign[0]}`,
		'move them away, or name them in install.allow_delete if they may go',
		{ facts: { count: foreign.length, paths: foreign.slice(0, SHOWN) } },
	);
}

/**
 * Returns what the release would have although its `.updateinclude` does not name it. What that names (`.env`, `torrc-*`) the
 * release claims for its own, and its hooks write it anew before they lay it over the root (Citadel contract §3).
 */
async function letThroughUnnamed(world: ChangeWorld, filters: Filters): Promise<ReadonlySet<string>> {
	const managed = await listManaged(world.layout.root, { ...filters, include: undefined }, rsyncPlace(world));
	return new Set(managed.map((one) => one.path));
}

/** Returns what root itself installed, else what the source says that the installed release holds, else nothing: it is not known. */
export async function broughtByInstalled(world: ChangeWorld): Promise<readonly string[]> {
	const known = readInstalled(world.layout.installed, world.opened.from);
	if (known !== undefined) return known.paths;
	for (const tag of tagsOfVersion(world.opened.from)) {
		try {
			const { commit } = await world.source.fetch(tag, () => undefined);
			return (await world.source.entries(commit)).map((entry) => entry.path);
		} catch (thrown) {
			world.log.info('the source does not have the installed release', {
				tag,
				why: recordOf(thrown).message,
			});
		}
	}
	return [];
}

/** Returns the paths and all directories above them, without slashes at the end. */
export function withParents(paths: readonly string[]): ReadonlySet<string> {
	const all = new Set<string>();
	for (const path of paths) {
		for (
			let part = bare(path);
			part !== '' && !all.has(part);
			part = part.slice(0, Math.max(0, part.lastIndexOf('/')))
		)
			all.add(part);
	}
	return all;
}

function isAllowed(path: string, allowed: readonly string[]): boolean {
	return allowed.some((one) => path === bare(one) || path.startsWith(`${bare(one)}/`));
}

/** Returns a path without the slash that marks a directory. */
export function bare(path: string): string {
	return path.replace(/\/+$/, '');
}
