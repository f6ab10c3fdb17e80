/**
 * Paths of a published repository, equal for every transport (web server, directory, git host): TUF metadata
 * with consistent snapshots, manifests with detached signatures, and the contents of all files by digest.
 */
import type { Sha256 } from '../release/manifest.ts';
import type { ReleaseManifest } from '../release/release-manifest.ts';
import { parseTag, type Tag } from '../release/tag.ts';
import { MANIFEST_NAME } from '../release/tree.ts';

/** Returns the path of a role's metadata. Only the timestamp has the same name for every version. */
export function roleFilePath(role: 'root' | 'targets' | 'snapshot' | 'timestamp', version: number): string {
	return role === 'timestamp' ? 'metadata/timestamp.json' : `metadata/${version}.${role}.json`;
}

/** Returns the TUF target path of a release's manifest, and also its path for detached signatures. */
export function manifestPathOf(tag: Tag): string {
	return `releases/${tag}/${MANIFEST_NAME}`;
}

/** Returns the TUF target path of a channel file. */
export function channelPathOf(channel: string): string {
	return `channels/${channel}.json`;
}

/**
 * Returns the tag or channel that a TUF target path names, or undefined for paths that Signalbox does not
 * write.
 */
export function parseTargetPath(
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

/** Returns the path of a TUF target's bytes. Its name contains the digest, so that versions can coexist. */
export function targetFilePath(target: string, sha256: Sha256): string {
	return `targets/${target.replace(/[^/]*$/, (name) => `${sha256}.${name}`)}`;
}

/** Returns the directory of the detached signatures over a release's manifest. */
export function signaturesPathOf(tag: Tag): string {
	return `releases/${tag}/signatures`;
}

/** Returns the path of a release file's contents. */
export function contentPath(sha256: Sha256): string {
	return `files/${sha256.slice(0, 2)}/${sha256}`;
}

/** A file in `files/`, stored under its digest. */
export interface PublishedFile {
	/** For messages: its path in the release, or "its archive". */
	readonly name: string;
	readonly sha256: Sha256;
	/** Bytes. */
	readonly size: number;
}

/** Boxes read this file before they choose a release, so `files/` contains it in addition to the archive. */
const READ_FIRST = 'info.json';

/** Returns what `files/` contains for a release: all its files, or its archive and `info.json`. */
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

/** An untrusted list of releases for people and programs. */
export const INDEX_PATH = 'index.json';
