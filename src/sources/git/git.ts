/** Releases as tags of a git repository, the channel as one of its branches or tags. */
import { problem, recordOf } from '../../model/base/error.ts';
import { INFO_MAX_BYTES, parseInfo } from '../../model/release/info.ts';
import { parseReleasePath } from '../../model/release/manifest.ts';
import { parseTag, type Tag } from '../../model/release/tag.ts';
import { readBlobs } from '../../system/git/blobs.ts';
import { type ObjectId, publicUrl } from '../../system/git/command.ts';
import { listTree, type TreeEntry } from '../../system/git/git.ts';
import type {
	FoundInfo,
	KnownRelease,
	Listing,
	OnEntry,
	OnProgress,
	ReleaseSource,
	SourceEntry,
} from '../source.ts';
import { commitOfTag, fetchTag, type GitStore, KEPT, pruneTags, readWhole } from './store.ts';

const OF_ONE_RELEASE: ReadonlySet<string> = new Set([
	'source-refused',
	'content-refused',
	'signature-missing',
	'signature-invalid',
]);

/**
 * Returns the source of a git repository. `channel` is a branch or tag; a branch takes precedence over a tag
 * of the same name.
 */
export function gitSource(store: GitStore, channel: string): ReleaseSource {
	const { remote } = store;
	return {
		async list(): Promise<Listing> {
			const known = await store.refs();
			if (known.size === 0) throw empty(publicUrl(remote.url), channel);
			const ref = [`refs/heads/${channel}`, `refs/tags/${channel}`].find((one) => known.has(one));
			if (ref === undefined) throw noChannel(publicUrl(remote.url), channel);
			const commit = await store.fetchAs(ref, `${KEPT}/channel`, () => undefined);
			const tags = [...known.keys()].flatMap((name) => parseTag(name.replace(/^refs\/tags\//, '')) ?? []);
			return {
				channel: await infoOf(store, commit, `the channel ${channel}`),
				tags,
				minimumSafeVersion: null,
				goodUntil: null,
			};
		},
		async infoAt(tag: Tag): Promise<FoundInfo> {
			if (!(await store.refs()).has(`refs/tags/${tag}`)) return { kind: 'missing' };
			try {
				return await infoOf(store, await fetchTag(store, tag, () => undefined), tag);
			} catch (thrown) {
				const error = recordOf(thrown);
				// One tag that is not a release must not hide the others.
				if (OF_ONE_RELEASE.has(error.code)) return { kind: 'unreadable', error };
				throw thrown;
			}
		},
		async fetch(tag: Tag, onProgress: OnProgress): Promise<{ readonly commit: string }> {
			if (!(await store.refs()).has(`refs/tags/${tag}`)) throw noTag(publicUrl(remote.url), tag);
			return { commit: await fetchTag(store, tag, onProgress) };
		},
		async known(tag: Tag): Promise<KnownRelease | undefined> {
			const commit = await commitOfTag(store, tag);
			return commit === undefined ? undefined : { entries: await store.treeOf(commit), pending: [] };
		},
		async prune(isWanted: (tag: Tag) => boolean): Promise<number> {
			return await pruneTags(store, isWanted);
		},
		async entries(commit: string): Promise<readonly SourceEntry[]> {
			return (await store.treeOf(commit)).map(entryOf);
		},
		async read(commit: string, onEntry: OnEntry): Promise<void> {
			const tree = await store.treeOf(commit);
			const entries = tree.map(entryOf);
			await readBlobs(remote, tree, (index, chunks) => onEntry(entries[index] as SourceEntry, chunks));
		},
	};
}

/**
 * Accepts only regular files and links: a release may not contain submodules, paths with `..`, or other
 * modes.
 */
function entryOf(entry: TreeEntry): SourceEntry {
	const path = parseReleasePath(entry.path);
	if (path === undefined) throw refused(entry, 'its path is not allowed');
	if (entry.mode === '100644') return { kind: 'file', path, mode: 0o644, size: entry.size };
	if (entry.mode === '100755') return { kind: 'file', path, mode: 0o755, size: entry.size };
	if (entry.mode === '120000') return { kind: 'link', path, size: entry.size };
	throw refused(entry, entry.mode === '160000' ? 'it is a submodule' : `its mode is ${entry.mode}`);
}

async function infoOf(
	{ remote, tagKeys, treeOf }: GitStore,
	commit: ObjectId,
	where: string,
): Promise<FoundInfo> {
	const tree = tagKeys === undefined ? await listTree(remote, commit, 'info.json') : await treeOf(commit);
	const entry = tree.find((one) => one.path === 'info.json' && one.type === 'blob');
	if (entry === undefined) return { kind: 'missing' };
	try {
		return { kind: 'info', info: parseInfo(await readWhole(remote, entry, INFO_MAX_BYTES), where) };
	} catch (thrown) {
		return { kind: 'unreadable', error: recordOf(thrown) };
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
