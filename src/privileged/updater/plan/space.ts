/** Measures free disk space and what a change will need; engine/space.ts does the arithmetic. */
import { basename, join } from 'node:path';
import {
	bytesOf,
	bytesOnDisk,
	type Disks,
	largestPlan,
	partsOfUpdate,
	type Sized,
	spacePlan,
	worstShortfall,
} from '../../../engine/space.ts';
import { problem } from '../../../model/base/error.ts';
import { formatSize } from '../../../model/base/units.ts';
import type { SpaceParts, SpacePlan } from '../../../model/change/space.ts';
import type { Hop } from '../../../model/release/plan.ts';
import type { Tag } from '../../../model/release/tag.ts';
import { lookAt } from '../../../system/files/directories.ts';
import { lookAtDisk } from '../../../system/files/disk.ts';
import { EVERYTHING, type Filters, listManaged, type RsyncPlace } from '../../../system/files/rsync.ts';
import { filtersIn } from '../stage/filters.ts';
import { type Place, rsyncPlace, sparePaths, type World } from '../world.ts';

export function disksOf({ layout, config }: Place): Disks {
	return { root: lookAtDisk(layout.root), state: lookAtDisk(layout.state), spare: config.install.spare };
}

/** Returns the files of the root that the filters select; by default the filters of the installed release. */
export async function sizesOfManaged(world: Place, filters?: Filters): Promise<readonly Sized[]> {
	return await listManaged(
		world.layout.root,
		filters ?? filtersIn(world.layout.hooks, sparePaths(world)),
		rsyncPlace(world),
	);
}

/** Returns all files below these paths of the root (`install.data`). Missing paths are skipped. */
export async function sizesOfData(world: Place, paths: readonly string[]): Promise<readonly Sized[]> {
	const place = rsyncPlace(world);
	const trees = await Promise.all(paths.map((path) => sizesBelow(join(world.layout.root, path), place)));
	return trees.flatMap((tree, index) => tree.map(({ path, size }) => ({ path: `${index}/${path}`, size })));
}

/** Returns a file, or all files below a directory. */
export async function sizesBelow(path: string, place: RsyncPlace): Promise<readonly Sized[]> {
	const stats = lookAt(path);
	if (stats === undefined) return [];
	return stats.isDirectory()
		? await listManaged(path, EVERYTHING, place)
		: [{ path: basename(path), size: stats.size }];
}

/** Returns the plan of the release that needs most space; null when there is nothing to install. */
export async function planSpace(world: World, path: readonly Pick<Hop, 'tag'>[]): Promise<SpacePlan | null> {
	if (path.length === 0) return null;
	const disks = disksOf(world);
	const data = await sizesOfData(world, world.config.install.data);
	const plans: SpacePlan[] = [];
	let managed = await sizesOfManaged(world);
	for (const { tag } of path) {
		const release = await world.source.known(tag);
		const from = release === undefined ? 'installed' : 'release';
		plans.push(spacePlan(tag, from, partsOfUpdate({ managed, data, release }, disks), disks));
		managed = release?.entries ?? managed;
	}
	return largestPlan(plans);
}

/** Throws `space-missing` when the disk is too small. */
export function requireFit(plan: SpacePlan): void {
	const place = worstShortfall(plan);
	if (place === undefined) return;
	const { free, holds } = place;
	const need = place.need + place.spare;
	const where =
		plan.places.length === 1
			? ''
			: ` where the ${holds.join(' and the ')} ${holds.length === 1 ? 'lies' : 'lie'}`;
	throw problem(
		'space-missing',
		`cannot install ${plan.tag}: ${formatSize(need)} must be free${where} and ${formatSize(free)} are`,
		`free ${formatSize(need - free)} and ask again`,
		{ retry: 'later', facts: { need, free, spare: place.spare, holds, from: plan.from, ...plan.parts } },
	);
}

/** As requireFit, for the parts that are still to be written. */
export function requireRoom(world: Place, tag: Tag, parts: SpaceParts): SpacePlan {
	const plan = spacePlan(tag, 'release', parts, disksOf(world));
	requireFit(plan);
	return plan;
}

/**
 * Returns the check to run before each transfer of unknown size: it requires as much space as the installed
 * release takes, measured once.
 */
export function roomToLook(world: Place): () => Promise<void> {
	let installed: Promise<readonly Sized[]> | undefined;
	return async () => {
		installed ??= sizesOfManaged(world);
		const need = bytesOf(await installed) + world.config.install.spare;
		const { free } = lookAtDisk(world.layout.state);
		if (free >= need) return;
		throw problem(
			'space-missing',
			`cannot look at releases: ${formatSize(need)} must be free for the store and ${formatSize(free)} are`,
			`free ${formatSize(need - free)} and ask again`,
			{ retry: 'later', facts: { need, free, from: 'installed' } },
		);
	};
}

/** Returns the check to run before files of known sizes are transferred. */
export function requireRoomFor(world: Place): (files: readonly Sized[]) => Promise<void> {
	return async (files) => {
		const { free, block } = lookAtDisk(world.layout.state);
		const need = bytesOnDisk(files, block) + world.config.install.spare;
		if (free >= need) return;
		throw problem(
			'space-missing',
			`cannot fetch the release: ${formatSize(need)} must be free for the store and ${formatSize(free)} are`,
			`free ${formatSize(need - free)} and ask again`,
			{ retry: 'later', facts: { need, free, from: 'release' } },
		);
	};
}
