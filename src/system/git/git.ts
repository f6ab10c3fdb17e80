/**
 * The store and its source: refs listed, one ref fetched, trees read. Fetched objects land in a bare store
 * and stay there until git-prune.ts removes what nobody wants; what is done to it as a directory is in
 * git-store-place.ts, how git is run in git-command.ts, how files are read out of it in git-blobs.ts.
 */
import { type GitRemote, git, type ObjectId } from './command.ts';
import { isOtherUsers, localOptions, localSource } from './local.ts';
import { otherUserProblem, remoteProblem, storeProblem } from './problem.ts';
import { beginWriting, seal, sweep } from './store-directory.ts';

const OBJECT_ID = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;

/** Returns the refs of the remote that match these patterns, with what they point at. One request. */
export async function listRemote(
	remote: GitRemote,
	patterns: readonly string[],
): Promise<ReadonlyMap<string, ObjectId>> {
	const end = await git(
		remote,
		['ls-remote', '--refs', ...sourceOptions(remote), '--', remote.url, ...patterns],
		'none',
	);
	if (end.kind !== 'done') throw remoteProblem(remote, end);
	const refs = new Map<string, ObjectId>();
	for (const line of end.stdout.split('\n')) {
		const [id, ref] = line.split('\t');
		if (id !== undefined && ref !== undefined && OBJECT_ID.test(id)) refs.set(ref, id);
	}
	return refs;
}

/**
 * Fetches exactly one ref, one commit deep, and keeps it in the store as `as`. `onProgress` gets 0 to 100.
 */
export async function fetchRef(
	remote: GitRemote,
	ref: string,
	as: string,
	onProgress: (percent: number) => void,
): Promise<void> {
	beginWriting(remote);
	const options = [
		'--no-tags',
		'--depth=1',
		'--force',
		'--progress',
		'--no-write-fetch-head',
		'--no-auto-gc',
		'--no-recurse-submodules',
	];
	const end = await git(
		remote,
		['fetch', ...options, ...sourceOptions(remote), '--', remote.url, `+${ref}:${as}`],
		'store',
		(piece) => {
			const percent = [...piece.matchAll(/Receiving objects:\s+(\d+)%/g)].at(-1)?.[1];
			if (percent !== undefined) onProgress(Number(percent));
		},
	);
	if (end.kind === 'done') return await seal(remote);
	sweep(remote.store);
	throw remoteProblem(remote, end);
}

function sourceOptions(remote: GitRemote): readonly string[] {
	const local = localSource(remote);
	if (local !== undefined && isOtherUsers(local)) throw otherUserProblem(remote);
	return localOptions(local);
}

/** Returns the commit that a ref of the store leads to, or undefined when it is not there whole. */
export async function commitOf(remote: GitRemote, ref: string): Promise<ObjectId | undefined> {
	const end = await git(
		remote,
		['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`],
		'store',
	);
	const id = end.kind === 'done' ? end.stdout.trim() : '';
	return OBJECT_ID.test(id) ? id : undefined;
}

/** Returns what a ref of the store points at itself: the tag object of an annotated tag. */
export async function objectAt(remote: GitRemote, ref: string): Promise<ObjectId | undefined> {
	const end = await git(remote, ['rev-parse', '--verify', '--quiet', '--end-of-options', ref], 'store');
	const id = end.kind === 'done' ? end.stdout.trim() : '';
	return OBJECT_ID.test(id) ? id : undefined;
}

export interface TreeEntry {
	readonly mode: string;
	readonly type: string;
	readonly id: ObjectId;
	/** Bytes; 0 for what is no blob. */
	readonly size: number;
	readonly path: string;
}

/** Returns the whole tree of a commit, or the part below `path`. Trust: modes and paths are the source's. */
export async function listTree(
	remote: GitRemote,
	commit: ObjectId,
	path?: string,
): Promise<readonly TreeEntry[]> {
	const end = await git(
		remote,
		['ls-tree', '-r', '-z', '-l', '--full-tree', commit, ...(path === undefined ? [] : ['--', path])],
		'store',
	);
	if (end.kind !== 'done') throw storeProblem(remote, end);
	return end.stdout.split('\0').flatMap((line) => {
		const [, mode, type, id, size, name] = /^(\d{6}) (\w+) ([0-9a-f]+)\s+(\d+|-)\t(.*)$/s.exec(line) ?? [];
		if (mode === undefined || type === undefined || id === undefined || name === undefined) return [];
		return [{ mode, type, id, size: size === '-' ? 0 : Number(size), path: name }];
	});
}
