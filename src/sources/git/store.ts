/** The store as sources use it: refs asked for once, one ref brought at a time, what can pass tried again. */
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

/** Refs of the store are ours alone: what a remote calls its refs never becomes a name in it. */
export const KEPT = 'refs/signalbox';

/** How often a transfer is tried, and the pause before the next try in milliseconds, doubled each time. */
const TRIES = 3;
const PAUSE = 1000;

export interface GitWorld {
	/** Whose signature every tag must have; undefined: nobody's. */
	readonly tagKeys: TagKeys | undefined;
	sleep(milliseconds: number): Promise<void>;
	/**
	 * Called before each transfer, whose size nobody knows then; what it throws ends the transfer before it
	 * begins.
	 */
	beforeTransfer(): Promise<void>;
}

export interface GitStore {
	readonly remote: GitRemote;
	readonly tagKeys: TagKeys | undefined;
	/** Returns what the remote's tags and these branches point at. Asked once. */
	refs(): Promise<ReadonlyMap<string, ObjectId>>;
	/** Brings one ref, kept as `as`, and returns its commit. What is here already is not brought again. */
	bring(ref: string, as: string, onProgress: OnProgress): Promise<ObjectId>;
	/** Returns the commit that is kept as `as`; undefined: nothing was brought. */
	kept(as: string): Promise<ObjectId | undefined>;
	/**
	 * Returns the whole tree of a commit; where tags must be signed, as the commit names it and not as git
	 * says.
	 */
	treeOf(commit: ObjectId): Promise<readonly TreeEntry[]>;
}

/**
 * Returns the store of this remote; of its branches only these are looked at. The refs of the remote are
 * asked for once, and what was brought is not looked up again: whoever has this store has it to himself.
 */
export function gitStore(
	remote: GitRemote,
	branches: readonly string[],
	{ tagKeys, sleep, beforeTransfer }: GitWorld,
): GitStore {
	const patterns = ['refs/tags/*', ...branches.map((branch) => `refs/heads/${branch}`)];
	let remoteRefs: ReadonlyMap<string, ObjectId> | undefined;
	/** The commits of the refs of the store that are known to be there. */
	const brought = new Map<string, ObjectId>();
	let lastTree: { readonly commit: ObjectId; readonly entries: readonly TreeEntry[] } | undefined;

	async function refs(): Promise<ReadonlyMap<string, ObjectId>> {
		remoteRefs ??= await withRetries(sleep, () => listRemote(remote, patterns));
		return remoteRefs;
	}
	async function bring(ref: string, as: string, onProgress: OnProgress): Promise<ObjectId> {
		const known = brought.get(as);
		if (known !== undefined) return known;
		await makeStore(remote);
		const wanted = (await refs()).get(ref);
		if (wanted === undefined || wanted !== (await objectAt(remote, as))) {
			await beforeTransfer();
			await withRetries(sleep, () => fetchRef(remote, ref, as, onProgress));
		}
		const commit = await commitOf(remote, as);
		if (commit === undefined) throw noCommit(ref);
		brought.set(as, commit);
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
		bring,
		kept: async (as) => brought.get(as) ?? (await commitOf(remote, as)),
		treeOf,
	};
}

/** Where the store keeps tags. */
const KEPT_TAGS = `${KEPT}/tags/`;

/** Returns the commit of a tag that was brought; undefined: it was not. */
export async function commitOfTag(store: GitStore, tag: Tag): Promise<ObjectId | undefined> {
	return await store.kept(`${KEPT_TAGS}${tag}`);
}

/**
 * Brings a tag and returns its commit. Throws `signature-missing` and `signature-invalid` where tags must be
 * signed, and this one is not well.
 */
export async function bringTag(store: GitStore, tag: Tag, onProgress: OnProgress): Promise<ObjectId> {
	const kept = `${KEPT_TAGS}${tag}`;
	const commit = await store.bring(`refs/tags/${tag}`, kept, onProgress);
	if (store.tagKeys === undefined) return commit;
	// The ref may lead on to another commit than the one that was signed.
	return await verifySignedTag(store.remote, kept, tag, store.tagKeys);
}

/** Removes the tags that are not wanted, with what they alone hold. Returns how many went. */
export async function pruneTags({ remote }: GitStore, isWanted: (tag: Tag) => boolean): Promise<number> {
	return await pruneStore(remote, KEPT_TAGS, (name) => {
		const tag = parseTag(name);
		return tag !== undefined && isWanted(tag);
	});
}

/**
 * Returns the bytes of a blob; of one that is longer than `limit` its first `limit + 1` bytes are zeros: it
 * is refused by its length unread.
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
