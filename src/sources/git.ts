/** Releases as tags of a git repository, the channel as one of its branches or tags. */
import { problem, recordOf } from '../model/error.ts';
import { INFO_MAX_BYTES, parseInfo } from '../model/info.ts';
import { parseReleasePath } from '../model/manifest.ts';
import { parseTag, type Tag } from '../model/tag.ts';
import { commitOf, fetchRef, listRemote, listTree, makeStore, objectAt, type TreeEntry } from '../system/git.ts';
import { readBlobs } from '../system/git-blobs.ts';
import { type GitRemote, type ObjectId, publicUrl } from '../system/git-command.ts';
import { pruneStore } from '../system/git-prune.ts';
import type { FoundInfo, Listing, OnEntry, ReleaseSource, SourceEntry } from './source.ts';

/** Refs of the store are ours alone: what a remote calls its refs never becomes a name in it. */
const KEPT = 'refs/signalbox';

/** How often a transfer is tried, and the pause before the next try in milliseconds, doubled each time. */
const TRIES = 3;
const PAUSE = 1000;

export interface GitWorld {
	sleep(milliseconds: number): Promise<void>;
	/** Called before each transfer, whose size nobody knows then; what it throws ends the transfer before it begins. */
	beforeTransfer(): Promise<void>;
}

/**
 * Returns the source of a git repository. `channel` is a branch or tag; a branch of that name is taken first. The refs of the remote
 * are asked for once, and what was brought is not looked up again: whoever has this source has the store to himself.
 */
export function gitSource(remote: GitRemote, channel: string, { sleep, beforeTransfer }: GitWorld): ReleaseSource {
	let remoteRefs: ReadonlyMap<string, ObjectId> | undefined;
	/** The commits of the refs of the store that are known to be there. */
	const brought = new Map<string, ObjectId>();
	let lastTree: { readonly commit: ObjectId; readonly entries: readonly TreeEntry[] } | undefined;

	async function refs(): Promise<ReadonlyMap<string, ObjectId>> {
		remoteRefs ??= await withRetries(sleep, () => listRemote(remote, ['refs/tags/*', `refs/heads/${channel}`]));
		return remoteRefs;
	}

	async function bring(ref: string, as: string, onProgress: (percent: number) => void): Promise<ObjectId> {
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

	async function treeOf(commit: ObjectId): Promise<readonly TreeEntry[]> {
		if (lastTree?.commit !== commit) lastTree = { commit, entries: await listTree(remote, commit) };
		return lastTree.entries;
	}

	const bringTag = (tag: Tag, onProgress: (percent: number) => void) => bring(`refs/tags/${tag}`, `${KEPT}/tags/${tag}`, onProgress);

	return {
		async list(): Promise<Listing> {
			const known = await refs();
			if (known.size === 0) throw empty(publicUrl(remote.url), channel);
			const ref = [`refs/heads/${channel}`, `refs/tags/${channel}`].find((one) => known.has(one));
			if (ref === undefined) throw noChannel(publicUrl(remote.url), channel);
			const commit = await bring(ref, `${KEPT}/channel`, () => undefined);
			const tags = [...known.keys()].flatMap((name) => parseTag(name.replace(/^refs\/tags\//, '')) ?? []);
			return { channel: await infoOf(remote, commit, `the channel ${channel}`), tags };
		},
		async infoAt(tag: Tag): Promise<FoundInfo> {
			if (!(await refs()).has(`refs/tags/${tag}`)) return { kind: 'missing' };
			try {
				return await infoOf(remote, await bringTag(tag, () => undefined), tag);
			} catch (thrown) {
				const error = recordOf(thrown);
				// One tag that is no release is no reason to have none of the others.
				if (error.code === 'source-refused' || error.code === 'content-refused') return { kind: 'unreadable', error };
				throw thrown;
			}
		},
		async fetch(tag: Tag, onProgress: (percent: number) => void): Promise<{ readonly commit: string }> {
			if (!(await refs()).has(`refs/tags/${tag}`)) throw noTag(publicUrl(remote.url), tag);
			return { commit: await bringTag(tag, onProgress) };
		},
		async known(tag: Tag): Promise<readonly TreeEntry[] | undefined> {
			const commit = brought.get(`${KEPT}/tags/${tag}`) ?? (await commitOf(remote, `${KEPT}/tags/${tag}`));
			return commit === undefined ? undefined : await treeOf(commit);
		},
		async prune(isWanted: (tag: Tag) => boolean): Promise<number> {
			return await pruneStore(remote, `${KEPT}/tags/`, (name) => {
				const tag = parseTag(name);
				return tag !== undefined && isWanted(tag);
			});
		},
		async entries(commit: string): Promise<readonly SourceEntry[]> {
			return (await treeOf(commit)).map(entryOf);
		},
		async read(commit: string, onEntry: OnEntry): Promise<void> {
			const tree = await treeOf(commit);
			const entries = tree.map(entryOf);
			await readBlobs(
				remote,
				tree.map((one) => one.id),
				(index, _size, chunks) => onEntry(entries[index] as SourceEntry, chunks),
			);
		},
	};
}

/** Only plain files and links: a submodule, a path with `..` in it or a file of another mode is no part of a release. */
function entryOf(entry: TreeEntry): SourceEntry {
	const path = parseReleasePath(entry.path);
	if (path === undefined) throw refused(entry, 'its path is not allowed');
	if (entry.mode === '100644') return { kind: 'file', path, mode: 0o644, size: entry.size };
	if (entry.mode === '100755') return { kind: 'file', path, mode: 0o755, size: entry.size };
	if (entry.mode === '120000') return { kind: 'link', path, size: entry.size };
	throw refused(entry, entry.mode === '160000' ? 'it is a submodule' : `its mode is ${entry.mode}`);
}

async function infoOf(remote: GitRemote, commit: ObjectId, where: string): Promise<FoundInfo> {
	const entry = (await listTree(remote, commit, 'info.json')).find((one) => one.path === 'info.json' && one.type === 'blob');
	if (entry === undefined) return { kind: 'missing' };
	try {
		return { kind: 'info', info: parseInfo(await readWhole(remote, entry), where) };
	} catch (thrown) {
		return { kind: 'unreadable', error: recordOf(thrown) };
	}
}

async function readWhole(remote: GitRemote, entry: TreeEntry): Promise<Buffer> {
	const pieces: Buffer[] = [];
	// A longer one is refused by its length before a byte of it is read.
	if (entry.size > INFO_MAX_BYTES) return Buffer.alloc(INFO_MAX_BYTES + 1);
	await readBlobs(remote, [entry.id], async (_index, _size, chunks) => {
		for await (const chunk of chunks) pieces.push(chunk);
	});
	return Buffer.concat(pieces);
}

async function withRetries<T>(sleep: (milliseconds: number) => Promise<void>, act: () => Promise<T>): Promise<T> {
	for (let attempt = 1; ; attempt += 1) {
		try {
			return await act();
		} catch (thrown) {
			if (attempt === TRIES || recordOf(thrown).code !== 'source-unreachable') throw thrown;
			await sleep(PAUSE * 2 ** (attempt - 1));
		}
	}
}

function refused(entry: TreeEntry, why: string): Error {
	return problem(
		'content-refused',
		`cannot take this release: ${JSON.stringify(entry.path.slice(0, 200))} is not allowed in one: ${why}`,
		'ask its author to publish a release of plain files',
		{
			facts: { path: entry.path.slice(0, 1024), mode: entry.mode },
		},
	);
}

function empty(url: string, channel: string): Error {
	return problem(
		'source-empty',
		`cannot find releases: ${url} has no tags and no branch ${channel}`,
		'publish a release there, or mend source.url',
		{ facts: { url } },
	);
}

function noChannel(url: string, channel: string): Error {
	return problem(
		'source-empty',
		`cannot find the channel: ${url} has no branch or tag ${channel}`,
		'set source.channel to the ref that announces releases',
		{
			facts: { url, channel },
		},
	);
}

function noTag(url: string, tag: Tag): Error {
	return problem(
		'missing-tag',
		`cannot find the release ${tag}: ${url} has no such tag`,
		'ask for a release that `signalbox check` names',
		{ facts: { url, tag } },
	);
}

function noCommit(ref: string): Error {
	return problem('source-refused', `cannot use ${ref}: it does not lead to a commit`, 'ask the author to tag a commit', { facts: { ref } });
}
