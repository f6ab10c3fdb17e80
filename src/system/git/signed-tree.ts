/**
 * Lists the tree of a signed commit. The signature covers the commit id; every object below it is read and
 * hashed here, so git's listing is the signed one for any user that runs git.
 */

import type { GitRemote, ObjectId } from './command.ts';
import type { TreeEntry } from './git.ts';
import { listTree } from './git.ts';
import { damaged, GitObjects, wholeObject } from './objects.ts';

const COMMIT_MAX_BYTES = 1024 ** 2;
const TREE_MAX_BYTES = 64 * 1024 ** 2;
/** More directories than any release has. */
const TREES_MAX = 200_000;

const DIRECTORY = '40000';

/**
 * Returns the whole tree of a commit. Throws `state-damaged` if git lists a different tree than the one the
 * commit names.
 */
export async function listSignedTree(remote: GitRemote, commit: ObjectId): Promise<readonly TreeEntry[]> {
	const listed = await listTree(remote, commit);
	const signed = new Map((await walk(remote, commit)).map((entry) => [entry.path, entry]));
	const same = ({ path, mode, id }: TreeEntry) =>
		signed.get(path)?.mode === mode && signed.get(path)?.id === id;
	if (listed.length !== signed.size || !listed.every(same))
		throw damaged(`it lists another tree than that of ${commit}`);
	return listed;
}

interface Found {
	readonly mode: string;
	readonly id: ObjectId;
	readonly path: string;
}

async function walk(remote: GitRemote, commit: ObjectId): Promise<readonly Found[]> {
	const objects = await GitObjects.open(remote);
	try {
		const found: Found[] = [];
		const directories: Found[] = [{ mode: DIRECTORY, id: await treeOf(objects, commit), path: '' }];
		for (const directory of directories) {
			if (directories.length > TREES_MAX) throw damaged(`the tree of ${commit} has no end`);
			for (const entry of await entriesOf(objects, directory))
				(entry.mode === DIRECTORY ? directories : found).push(entry);
		}
		return found;
	} finally {
		objects.close();
	}
}

async function treeOf(objects: GitObjects, commit: ObjectId): Promise<ObjectId> {
	const { type, bytes } = await read(objects, commit, COMMIT_MAX_BYTES);
	const [, tree] = /^tree ([0-9a-f]{40,64})\n/.exec(bytes.toString('latin1', 0, 80)) ?? [];
	if (type !== 'commit' || tree?.length !== commit.length) throw damaged(`${commit} is no commit`);
	return tree;
}

/** Parses a tree object. Each entry is a mode, a space, a name, a zero byte and a binary id. */
async function entriesOf(objects: GitObjects, { id, path }: Found): Promise<readonly Found[]> {
	const { type, bytes } = await read(objects, id, TREE_MAX_BYTES);
	if (type !== 'tree') throw damaged(`${id} is no tree`);
	const entries: Found[] = [];
	for (let at = 0; at < bytes.length; ) {
		const end = bytes.indexOf(0, at);
		const next = end + 1 + id.length / 2;
		const [, mode, name] = /^(\d{5,6}) (.+)$/s.exec(bytes.toString('utf8', at, end)) ?? [];
		if (end === -1 || next > bytes.length || mode === undefined || name === undefined)
			throw damaged(`${id} is no tree`);
		entries.push({
			mode,
			id: bytes.toString('hex', end + 1, next),
			path: path === '' ? name : `${path}/${name}`,
		});
		at = next;
	}
	return entries;
}

async function read(objects: GitObjects, id: ObjectId, limit: number) {
	objects.ask([id]);
	return await objects.next(id, wholeObject(limit));
}
