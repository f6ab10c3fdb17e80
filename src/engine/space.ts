/**
 * Calculates the disk space that changes need. Pure. Counts blocks, because many small files take more than
 * their bytes.
 */
import type { SpaceParts, SpacePlace, SpacePlan } from '../model/change/space.ts';

/** A path of a tree and its size. Directories end with a slash, or are implied by their contents. */
export interface Sized {
	readonly path: string;
	readonly size: number;
}

/** The current state of a file system. */
export interface Disk {
	/** Identifies the file system. */
	readonly device: number;
	/** Bytes of one block. */
	readonly block: number;
	readonly free: number;
}

export interface Disks {
	readonly root: Disk;
	readonly state: Disk;
	/** Bytes that must stay free on each. */
	readonly spare: number;
}

export interface SizedRelease {
	/** Its own files. */
	readonly entries: readonly Sized[];
	/** How much the store grows to get them, including an archive that is deleted after it is unpacked. */
	readonly pending: readonly Sized[];
}

/** What an update replaces and brings. */
export interface Sizes {
	/** The part of the root that the filters include. */
	readonly managed: readonly Sized[];
	/** The paths that `install.data` names. */
	readonly data: readonly Sized[];
	/** Undefined: its contents are not known yet. */
	readonly release: SizedRelease | undefined;
}

/** What a rollback by hand replaces and restores. */
export interface SizesOfRollback extends Omit<Sizes, 'release'> {
	readonly entries: readonly Sized[];
}

/** Bytes per path for the manifest, the ownership snapshot and `installed.json`. */
const NOTES = 400;
/** Bytes for the journal, the logs and the space that the journal reserves for a full disk. */
const CHANGE = 512 * 1024;

/** Returns the bytes that a tree takes on a file system of blocks of this size. */
export function bytesOnDisk(tree: readonly Sized[], block: number): number {
	const blocks = tree.reduce(
		(sum, { path, size }) => (path.endsWith('/') ? sum : sum + Math.ceil(size / block)),
		0,
	);
	return (blocks + directoriesOf(tree).size) * block;
}

function directoriesOf(tree: readonly Sized[]): ReadonlySet<string> {
	const all = new Set<string>();
	for (const { path } of tree) {
		let end = path.lastIndexOf('/');
		for (; end > 0 && !all.has(path.slice(0, end)); end = path.lastIndexOf('/', end - 1))
			all.add(path.slice(0, end));
	}
	return all;
}

/**
 * Returns what an update will write. A release with unknown contents counts as large as the installed one, in
 * the store too.
 */
export function partsOfUpdate({ managed, data, release }: Sizes, { root, state }: Disks): SpaceParts {
	const old = bytesOnDisk(managed, root.block);
	const young = release === undefined ? old : bytesOnDisk(release.entries, root.block);
	return {
		store: release === undefined ? bytesOf(managed) : bytesOnDisk(release.pending, state.block),
		staging: young,
		backup: backupOf(managed, data, state) + NOTES * (release?.entries ?? managed).length,
		hooks: old,
		growth: Math.max(0, young - old),
	};
}

/**
 * Returns what a rollback by hand will write: a backup of what it replaces, and the growth of the root if its
 * release is larger.
 */
export function partsOfRollback(
	{ managed, data, entries }: SizesOfRollback,
	{ root, state }: Disks,
): SpaceParts {
	const growth = Math.max(
		0,
		bytesOnDisk(entries, root.block) - bytesOnDisk([...managed, ...data], root.block),
	);
	return { store: 0, staging: 0, backup: backupOf(managed, data, state), hooks: 0, growth };
}

function backupOf(managed: readonly Sized[], data: readonly Sized[], { block }: Disk): number {
	return (
		bytesOnDisk(managed, block) + bytesOnDisk(data, block) + NOTES * (managed.length + data.length) + CHANGE
	);
}

export function bytesOf(tree: readonly Sized[]): number {
	return tree.reduce((sum, { size }) => sum + size, 0);
}

/** Returns the plan for one release, with the needs of each file system that is written to. */
export function spacePlan(tag: string, from: SpacePlan['from'], parts: SpaceParts, disks: Disks): SpacePlan {
	const places = placesOf(parts, disks);
	const fits = places.every(({ need, spare, free }) => need + spare <= free);
	return { tag, from, parts, places, verdict: fits ? 'fits' : 'does-not-fit' };
}

function placesOf(parts: SpaceParts, { root, state, spare }: Disks): readonly SpacePlace[] {
	const onRoot = parts.staging + parts.hooks + parts.growth;
	const onState = parts.store + parts.backup;
	if (root.device === state.device)
		return [{ holds: ['root', 'state'], need: onRoot + onState, spare, free: root.free }];
	return [
		{ holds: ['root'], need: onRoot, spare, free: root.free },
		{ holds: ['state'], need: onState, spare, free: state.free },
	];
}

/** Returns the file system with the largest shortfall, or undefined when everything fits. */
export function worstShortfall({ places }: SpacePlan): SpacePlace | undefined {
	const lacking = ({ need, spare, free }: SpacePlace) => need + spare - free;
	return places.filter((place) => lacking(place) > 0).sort((a, b) => lacking(b) - lacking(a))[0];
}

/**
 * Returns the plan that needs most: the releases of a path are installed one after the other, and each frees
 * its space first.
 */
export function largestPlan(plans: readonly SpacePlan[]): SpacePlan | null {
	const total = ({ places }: SpacePlan) => places.reduce((sum, { need }) => sum + need, 0);
	return plans.reduce<SpacePlan | null>(
		(most, plan) => (most === null || total(plan) > total(most) ? plan : most),
		null,
	);
}
