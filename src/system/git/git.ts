/** Reads the bare store: resolves refs and lists trees. blobs.ts reads blobs. */
import { type GitRemote, git, OBJECT_ID, type ObjectId } from './command.ts';
import { storeProblem } from './problem.ts';

/** Returns the commit that a ref resolves to, or undefined if the ref or its objects are missing. */
export async function commitOf(remote: GitRemote, ref: string): Promise<ObjectId | undefined> {
	const end = await git(
		remote,
		['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`],
		'store',
	);
	const id = end.kind === 'done' ? end.stdout.trim() : '';
	return OBJECT_ID.test(id) ? id : undefined;
}

/** Returns the object that a ref points at: for an annotated tag, the tag object. */
export async function objectAt(remote: GitRemote, ref: string): Promise<ObjectId | undefined> {
	const end = await git(remote, ['rev-parse', '--verify', '--quiet', '--end-of-options', ref], 'store');
	const id = end.kind === 'done' ? end.stdout.trim() : '';
	return OBJECT_ID.test(id) ? id : undefined;
}

export interface TreeEntry {
	readonly mode: string;
	readonly type: string;
	readonly id: ObjectId;
	/** Bytes; 0 for entries other than blobs. */
	readonly size: number;
	readonly path: string;
}

/**
 * Returns the whole tree of a commit, or the part below `path`. Trust: modes and paths come from the source
 * and are not validated.
 */
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
