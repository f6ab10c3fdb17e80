/**
 * The published repository: where what lies, for every carrier (web server, directory, git host). TUF metadata with consistent
 * snapshots, the manifests once more with their detached signatures, and the bytes of all files by their digest.
 */
import type { Sha256 } from '../release/manifest.ts';
import type { ReleaseManifest } from '../release/release-manifest.ts';
import { parseTag, type Tag } from '../release/tag.ts';
import { MANIFEST_NAME } from '../release/tree.ts';

/** Returns where a role's file lies; only timestamp has one name for all its versions. */
export function roleFilePath(role: 'root' | 'targets' | 'snapshot' | 'timestamp', version: number): string {
	return role === 'timestamp' ? 'metadata/timestamp.json' : `metadata/${version}.${role}.json`;
}

/** Returns the TUF target path of a release's manifest; it lies there too, for those who verify detached signatures. */
export function manifestPathOf(tag: Tag): string {
	return `releases/${tag}/${MANIFEST_NAME}`;
}

/** Returns the TUF target path of the file that says which release a channel announces. */
export function channelPathOf(channel: string): string {
	return `channels/${channel}.json`;
}

/** Returns the tag or the channel that a TUF target path is about, or undefined for what these tools do not write. */
export function meaningOf(
	target: string,
):
	| { readonly kind: 'release'; readonly tag: Tag }
	| { readonly kind: 'channel'; readonly channel: string }
	| undefined {
	const channel = /^channels\/(.+)\.json$/.exec(target)?.[1];
	if (channel !== undefined) return { kind: 'channel', channel };
	const [, name, file] = /^releases\/([^/]+)\/([^/]+)$/.exec(target) ?? [];
	const tag = parseTag(name);
	return tag === undefined || file !== MANIFEST_NAME ? undefined : { kind: 'release', tag };
}

/** Returns where the bytes of a TUF target lie: its name carries its digest, so that an old one and a new one stand side by side. */
export function targetFilePath(target: string, sha256: Sha256): string {
	return `targets/${target.replace(/[^/]*$/, (name) => `${sha256}.${name}`)}`;
}

/** Returns the directory of the detached signatures over a release's manifest. */
export function signaturesPathOf(tag: Tag): string {
	return `releases/${tag}/signatures`;
}

/** Returns where the bytes of a file of any release lie. */
export function contentPath(sha256: Sha256): string {
	return `files/${sha256.slice(0, 2)}/${sha256}`;
}

/** What lies in `files/`, by its digest. */
export interface PublishedFile {
	/** For people: its path in the release, or that it is the archive. */
	readonly name: string;
	readonly sha256: Sha256;
	/** Bytes. */
	readonly size: number;
}

/** What boxes read of a release before they decide about it: it lies in `files/` beside the archive too. */
const READ_FIRST = 'info.json';

/** Returns what lies in `files/` for a release: all its files, or its archive and what is read before. */
export function publishedFiles({
	archive,
	files,
}: Pick<ReleaseManifest, 'archive' | 'files'>): readonly PublishedFile[] {
	const all = files.flatMap((entry) =>
		entry.kind === 'file' ? [{ name: entry.path, sha256: entry.sha256, size: entry.size }] : [],
	);
	if (archive === null) return all;
	return [
		{ name: 'its archive', sha256: archive.sha256, size: archive.size },
		...all.filter(({ name }) => name === READ_FIRST),
	];
}

/** A hint for people and programs that look around; never trusted. */
export const INDEX_PATH = 'index.json';
