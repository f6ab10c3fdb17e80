/**
 * Verified releases in a git repository: manifests and signatures on their own branch, file contents in the
 * tree of the tag. The tag itself is not trusted: its tree must match the manifest, or it is refused.
 */
import { problem } from '../../model/base/error.ts';
import type { ReleaseManifest } from '../../model/release/release-manifest.ts';
import { type ListedBlob, readBlobs } from '../../system/git/blobs.ts';
import { publicUrl } from '../../system/git/command.ts';
import type { TreeEntry } from '../../system/git/git.ts';
import { type Contents, entriesOf, missingContent } from '../contents.ts';
import { type Metadata, metadataRefused } from '../metadata.ts';
import type { SourceEntry } from '../source.ts';
import { commitOfTag, fetchTag, type GitStore, KEPT, pruneTags, readWhole } from './store.ts';

/**
 * Returns the metadata on a branch. The branch is fetched once and every file is read from that commit, so
 * that they are consistent.
 */
export function gitMetadata(store: GitStore, branch: string): Metadata {
	let tree: Promise<ReadonlyMap<string, TreeEntry>> | undefined;
	return {
		async read(path, limit) {
			tree ??= treeOfBranch(store, branch);
			const entry = (await tree).get(path);
			if (entry?.type !== 'blob') return undefined;
			if (entry.size > limit)
				throw metadataRefused(publicUrl(store.remote.url), path, `it is longer than ${limit} bytes`);
			return await readWhole(store.remote, entry, limit);
		},
	};
}

async function treeOfBranch(store: GitStore, branch: string): Promise<ReadonlyMap<string, TreeEntry>> {
	const ref = `refs/heads/${branch}`;
	if (!(await store.refs()).has(ref)) throw noBranch(publicUrl(store.remote.url), branch);
	const commit = await store.fetchAs(ref, `${KEPT}/repository`, () => undefined);
	return byPath(await store.treeOf(commit));
}

function byPath(tree: readonly TreeEntry[]): ReadonlyMap<string, TreeEntry> {
	return new Map(tree.map((entry) => [entry.path, entry]));
}

export function gitContents(store: GitStore): Contents {
	const { remote } = store;
	return {
		/** The tree is compressed in the pack, so it is never larger than its files. */
		async pending(release) {
			if ((await commitOfTag(store, release.tag)) !== undefined) return [];
			return entriesOf(release).map(({ path, size }) => ({ path, size }));
		},
		async download(release, onProgress) {
			if (!(await store.refs()).has(`refs/tags/${release.tag}`)) throw noTag(publicUrl(remote.url), release);
			await fetchTag(store, release.tag, onProgress);
		},
		async small(release, path, limit) {
			await this.download(release, () => undefined);
			const entry = (await treeOfTag(store, release)).get(path);
			if (entry?.type !== 'blob') throw missingContent(release, path);
			return await readWhole(remote, entry, limit);
		},
		async read(release, onEntry) {
			const tree = await treeOfTag(store, release);
			const entries = entriesOf(release);
			const blobs = entries.map((entry) => blobOf(tree, entry, release));
			await readBlobs(remote, blobs, (index, chunks) => onEntry(entries[index] as SourceEntry, chunks));
		},
		async prune(isWanted) {
			return await pruneTags(store, isWanted);
		},
	};
}

async function treeOfTag(store: GitStore, release: ReleaseManifest): Promise<ReadonlyMap<string, TreeEntry>> {
	const commit = await commitOfTag(store, release.tag);
	if (commit === undefined) throw missingContent(release, release.tag);
	return byPath(await store.treeOf(commit));
}

/** A blob whose size differs from the listed one is refused before any byte is read. */
function blobOf(
	tree: ReadonlyMap<string, TreeEntry>,
	entry: SourceEntry,
	release: ReleaseManifest,
): ListedBlob {
	const found = tree.get(entry.path);
	if (found?.type !== 'blob' || found.size !== entry.size) throw missingContent(release, entry.path);
	return found;
}

function noBranch(url: string, branch: string): Error {
	return problem(
		'source-empty',
		`cannot find signed releases: ${url} has no branch ${branch}`,
		'ask its author for `signalbox release publish --git`, or mend source.repository',
		{ facts: { url, branch } },
	);
}

function noTag(url: string, { tag }: ReleaseManifest): Error {
	return problem(
		'missing-tag',
		`cannot fetch ${tag}: its manifest is published, and ${url} has no such tag`,
		'ask its author to push the tag',
		{
			retry: 'later',
			facts: { url, tag },
		},
	);
}
