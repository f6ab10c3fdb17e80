/**
 * Lists what a release would delete: its overlay removes everything that is neither in it nor ignored by its
 * filters. Real boxes lost wallets that way (Citadel contract §3, §8.4), so a file that no release brought
 * needs permission to be deleted.
 */

import { problem, recordOf } from '../../../model/base/error.ts';
import { tagsOfVersion, versionOfTag } from '../../../model/release/tag.ts';
import { type Filters, listDeletions, listManaged } from '../../../system/files/rsync.ts';
import { readInstalled } from '../backup/installed.ts';
import { type ChangeWorld, rsyncPlace } from '../world.ts';
import { bringsFilters } from './filters.ts';

/** How many paths an error names. */
const SHOWN = 20;

/** Handled signals and our own reports may be deleted: some real releases remove the whole directory. */
const OURS: readonly string[] = ['events/signals', 'statuses'];
/**
 * `signalbox init` makes these in every root; they may be deleted when empty. Their contents are the user's.
 */
const EMPTY_IS_NOTHING: readonly string[] = ['events/', 'events/triggers/'];

/**
 * Returns how many paths the release will delete. Throws `would-delete` with a list when the installed
 * release did not bring some of them and install.allow_delete does not name them.
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
 * Returns the managed paths without those that `.updateinclude` adds (`.env`, `torrc-*`): the release claims
 * those, and its hooks rewrite them before the overlay (Citadel contract §3).
 */
async function letThroughUnnamed(world: ChangeWorld, filters: Filters): Promise<ReadonlySet<string>> {
	const managed = await listManaged(world.layout.root, { ...filters, include: undefined }, rsyncPlace(world));
	return new Set(managed.map((one) => one.path));
}

/**
 * Returns the paths that the installed release brought: as root recorded them, else as the source lists them,
 * else none.
 */
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

/** Returns the paths and all directories above them, without trailing slashes. */
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
