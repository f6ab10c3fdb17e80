/**
 * Verified releases, from any transport: the index lists the releases, each manifest lists the files, and the
 * transport's bytes are accepted only if they match.
 */
import { problem, recordOf } from '../../../model/base/error.ts';
import { INFO_MAX_BYTES, type InfoJson, parseInfo } from '../../../model/release/info.ts';
import type { Manifest, Sha256 } from '../../../model/release/manifest.ts';
import type { ReleaseManifest } from '../../../model/release/release-manifest.ts';
import type { Tag } from '../../../model/release/tag.ts';
import { type Contents, entriesOf, missingContent } from '../../../sources/contents.ts';
import type { FoundInfo, Listing, OnEntry, SourceEntry } from '../../../sources/source.ts';
import { matchTree } from '../../../trust/match-tree.ts';
import { type Belonging, requireBelonging } from '../../../trust/product.ts';
import type { Verified } from '../../../trust/verified.ts';
import { digestOfBytes, recallManifest } from '../../../trust/verified-release.ts';
import type { ReleaseIndex, VerifiedRelease } from './release-index.ts';
import type { Releases } from './releases.ts';

/** Caches the manifests of fetched releases, so that an interrupted change continues without the source. */
export interface ManifestCache {
	keep(digest: Sha256, bytes: Uint8Array): void;
	take(digest: Sha256): Uint8Array | undefined;
	/** The digests of all cached manifests. */
	all(): readonly Sha256[];
	drop(digest: Sha256): void;
}

export interface VerifiedWorld {
	readonly index: ReleaseIndex;
	readonly contents: Contents;
	readonly cache: ManifestCache;
	/** The product and channel that a release must belong to. */
	readonly box: Belonging;
	/** Where releases come from, for messages. */
	readonly where: string;
	close(): Promise<void>;
}

/** Codes that make one release unusable, but not the others. */
const OF_ONE_RELEASE: ReadonlySet<string> = new Set([
	'source-refused',
	'file-missing',
	'file-changed',
	'file-too-long',
	'content-refused',
	'content-mismatch',
	'content-changed',
	'info-unreadable',
	'version-mismatch',
	'manifest-unreadable',
	'signature-missing',
	'signature-invalid',
	'manifest-mismatch',
	'target-missing',
	'metadata-mismatch',
	'release-for-others',
]);

/** Returns verified releases; the digest of its manifest identifies a fetched release. */
export function verifiedReleases({ index, contents, cache, box, where, close }: VerifiedWorld): Releases {
	const looked = new Map<Tag, Promise<VerifiedRelease | undefined>>();

	async function verifiedAt(tag: Tag): Promise<VerifiedRelease | undefined> {
		const known = looked.get(tag) ?? index.manifest(tag);
		looked.set(tag, known);
		const release = await known;
		if (release !== undefined) requireBelonging(release.manifest, box);
		return release;
	}

	function recalled(commit: string): Verified<ReleaseManifest> {
		return recallManifest(cache.take(commit as Sha256), commit as Sha256);
	}

	/** A damaged file counts as missing: it is fetched again. */
	function intact(digest: Sha256): Verified<ReleaseManifest> | undefined {
		try {
			return recalled(digest);
		} catch {
			return undefined;
		}
	}

	return {
		async list(): Promise<Listing> {
			const { channel, ...announced } = await index.list();
			if (channel === undefined) throw noChannel(where, box.channel);
			return { channel: await this.infoAt(channel), ...announced };
		},
		async infoAt(tag: Tag): Promise<FoundInfo> {
			try {
				const release = await verifiedAt(tag);
				if (release === undefined) return { kind: 'missing' };
				return { kind: 'info', info: await infoOf(release.manifest, contents) };
			} catch (thrown) {
				const error = recordOf(thrown);
				if (OF_ONE_RELEASE.has(error.code)) return { kind: 'unreadable', error };
				throw thrown;
			}
		},
		async fetch(tag, onProgress) {
			const release = await verifiedAt(tag);
			if (release === undefined) throw noRelease(where, tag);
			const digest = digestOfBytes(release.bytes);
			cache.keep(digest, release.bytes);
			await contents.download(release.manifest, onProgress);
			return { commit: digest };
		},
		async known(tag) {
			const release = await looked.get(tag)?.catch(() => undefined);
			if (release === undefined) return undefined;
			return { entries: entriesOf(release.manifest), pending: await contents.pending(release.manifest) };
		},
		async prune(isWanted) {
			const all = cache.all().map((digest) => ({ digest, manifest: intact(digest) }));
			const wanted = all.filter(({ manifest }) => manifest !== undefined && isWanted(manifest.tag));
			const gone = await contents.prune(
				isWanted,
				wanted.flatMap(({ manifest }) => manifest ?? []),
			);
			for (const one of all) if (!wanted.includes(one)) cache.drop(one.digest);
			return gone;
		},
		async entries(commit: string): Promise<readonly SourceEntry[]> {
			return entriesOf(recalled(commit));
		},
		async read(commit: string, onEntry: OnEntry): Promise<void> {
			await contents.read(recalled(commit), onEntry);
		},
		async verify(commit: string, found: Manifest): Promise<Verified<Manifest>> {
			return matchTree(found, recalled(commit));
		},
		close,
	};
}

/** The manifest lists info.json with its digest; both must agree, or the release is refused. */
async function infoOf(release: Verified<ReleaseManifest>, contents: Contents): Promise<InfoJson> {
	const entry = release.files.find((one) => one.path === 'info.json');
	if (entry?.kind !== 'file') throw missingContent(release, 'info.json');
	const bytes = await contents.small(release, 'info.json', INFO_MAX_BYTES);
	if (digestOfBytes(bytes) !== entry.sha256) throw missingContent(release, 'info.json');
	const info = parseInfo(bytes, release.tag);
	if (info.version === release.version && info.requires === release.requires) return info;
	throw problem(
		'version-mismatch',
		`cannot take ${release.tag}: its info.json and its manifest say different things`,
		'tell its author',
		{
			facts: {
				info: `${info.version}, requires ${info.requires}`,
				manifest: `${release.version}, requires ${release.requires}`,
			},
		},
	);
}

function noChannel(where: string, channel: string): Error {
	return problem(
		'source-empty',
		`cannot find the channel: ${where} announces nothing for ${channel}`,
		'set source.channel to one that is published',
		{
			facts: { where, channel },
		},
	);
}

function noRelease(where: string, tag: Tag): Error {
	return problem(
		'missing-tag',
		`cannot find the release ${tag}: no trusted key has signed one at ${where}`,
		'ask for a release that `signalbox check` names',
		{
			facts: { where, tag },
		},
	);
}
