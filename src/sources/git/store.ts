/**
 * The git store as sources use it: lists the remote's refs once, fetches one ref at a time, and retries
 * temporary failures.
 */
import { problem, recordOf } from '../../model/base/error.ts';
import { parseTag, type Tag } from '../../model/release/tag.ts';
import { readBlobs } from '../../system/git/blobs.ts';
import type { GitRemote, ObjectId } from '../../system/git/command.ts';
import { commitOf, listTree, objectAt, type TreeEntry } from '../../system/git/git.ts';
import { pruneStore } from '../../system/git/prune.ts';
import { fetchRef, listRemote } from '../../system/git/remote.ts';
import { listSignedTree } from '../../system/git/signed-tree.ts';
import { makeStore } from '../../system/git/store-directory.ts';
import { type TagKeys, verifySignedTag } from '../../system/git/tag.ts';
import type { OnProgress } from '../source.ts';

/** The store uses its own ref names: the remote's ref names never become names in it. */
export const KEPT = 'refs/signalbox';

/** How often a transfer is tried, and the pause before the first retry in milliseconds, doubled each time. */
const TRIES = 3;
const PAUSE = 1000;

export interface GitWorld {
	/** The keys that every tag must be signed with; undefined: tags need no signature. */
	readonly tagKeys: TagKeys | undefined;
	sleep(milliseconds: number): Promise<void>;
	/** Called before each transfer, whose size is unknown then. Throwing prevents the transfer. */
	beforeTransfer(): Promise<void>;
}

export interface GitStore {
	readonly remote: GitRemote;
	readonly tagKeys: TagKeys | undefined;
	/** Returns the objects that the remote's tags and these branches point at. Asks the remote once. */
	refs(): Promise<ReadonlyMap<string, ObjectId>>;
	/**
	 * Fetches one ref, stores it as `as`, and returns its commit. An object that is already here is not fetched
	 * again.
	 */
	fetchAs(ref: string, as: string, onProgress: OnProgress): Promise<ObjectId>;
	/** Returns the commit stored as `as`; undefined if none was fetched. */
	kept(as: string): Promise<ObjectId | undefined>;
	/**
	 * Returns the whole tree of a commit. If tags must be signed, the tree is read from the hashed objects
	 * rather than from git's listing.
	 */
	treeOf(commit: ObjectId): Promise<readonly TreeEntry[]>;
}

/**
 * Returns the store of this remote, limited to these branches. The remote's refs are listed once, and fetched
 * refs are not looked up again. Requires exclusive access to the store.
 */
export function gitStore(
	remote: GitRemote,
	branches: readonly string[],
	{ tagKeys, sleep, beforeTransfer }: GitWorld,
): GitStore {
	const patterns = ['refs/tags/*', ...branches.map((branch) => `refs/heads/${branch}`)];
	let remoteRefs: ReadonlyMap<string, ObjectId> | undefined;
	/** Commits of store refs that are known to be present. */
	const fetched = new Map<string, ObjectId>();
	let lastTree: { readonly commit: ObjectId; readonly entries: readonly TreeEntry[] } | undefined;

	async function refs(): Promise<ReadonlyMap<string, ObjectId>> {
		remoteRefs ??= await withRetries(sleep, () => listRemote(remote, patterns));
		return remoteRefs;
	}
	async function fetchAs(ref: string, as: string, onProgress: OnProgress): Promise<ObjectId> {
		const known = fetched.get(as);
		if (known !== undefined) return known;
		await makeStore(remote);
		const wanted = (await refs()).get(ref);
		if (wanted === undefined || wanted !== (await objectAt(remote, as))) {
			await beforeTransfer();
			await withRetries(sleep, () => fetchRef(remote, ref, as, onProgress));
		}
		const commit = await commitOf(remote, as);
		if (commit === undefined) throw noCommit(ref);
		fetched.set(as, commit);
		return commit;
	}

	const wholeTree = (commit: ObjectId) =>
		tagKeys === undefined ? listTree(remote, commit) : listSignedTree(remote, commit);
	async function treeOf(commit: ObjectId): Promise<readonly TreeEntry[]> {
		if (lastTree?.commit !== commit) lastTree = { commit, entries: await wholeTree(commit) };
		return lastTree.entries;
	}

	return {
		remote,
		tagKeys,
		refs,
		fetchAs,
		kept: async (as) => fetched.get(as) ?? (await commitOf(remote, as)),
		treeOf,
	};
}

/** The prefix of tags in the store. */
const KEPT_TAGS = `${KEPT}/tags/`;

/** Returns the commit of a fetched tag; undefined if it was not fetched. */
export async function commitOfTag(store: GitStore, tag: Tag): Promise<ObjectId | undefined> {
	return await store.kept(`${KEPT_TAGS}${tag}`);
}

/**
 * Fetches a tag and returns its commit. Throws `signature-missing` and `signature-invalid` if tags must be
 * signed and this one is not signed correctly.
 */
export async function fetchTag(store: GitStore, tag: Tag, onProgress: OnProgress): Promise<ObjectId> {
	const kept = `${KEPT_TAGS}${tag}`;
	const commit = await store.fetchAs(`refs/tags/${tag}`, kept, onProgress);
	if (store.tagKeys === undefined) return commit;
	// The ref may resolve to another commit than the signed one.
	return await verifySignedTag(store.remote, kept, tag, store.tagKeys);
}

/** Removes unwanted tags with the objects that only they reach. Returns how many tags were removed. */
export async function pruneTags({ remote }: GitStore, isWanted: (tag: Tag) => boolean): Promise<number> {
	return await pruneStore(remote, KEPT_TAGS, (name) => {
		const tag = parseTag(name);
		return tag !== undefined && isWanted(tag);
	});
}

/**
 * Returns the bytes of a blob. For a blob longer than `limit` it returns `limit + 1` zero bytes without
 * reading it, so that the caller refuses it by its length.
 */
export async function readWhole(remote: GitRemote, entry: TreeEntry, limit: number): Promise<Buffer> {
	const pieces: Buffer[] = [];
	if (entry.size > limit) return Buffer.alloc(limit + 1);
	await readBlobs(remote, [entry], async (_index, chunks) => {
		for await (const chunk of chunks) pieces.push(chunk);
	});
	return Buffer.concat(pieces);
}

async function withRetries<T>(
	sleep: (milliseconds: number) => Promise<void>,
	act: () => Promise<T>,
): Promise<T> {
	for (let attempt = 1; ; attempt += 1) {
		try {
			return await act();
		} catch (thrown) {
			if (attempt === TRIES || recordOf(thrown).code !== 'source-unreachable') throw thrown;
			await sleep(PAUSE * 2 ** (attempt - 1));
		}
	}
}

function noCommit(ref: string): Error {
	return problem(
		'source-refused',
		`cannot use ${ref}: it does not lead to a commit`,
		'ask the author to tag a commit',
		{ facts: { ref } },
	);
}
