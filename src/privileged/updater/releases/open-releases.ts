/** Opens the configured releases: the transport for their bytes, and the metadata that verifies them. */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { TrustPolicy } from '../../../model/config/config.ts';
import type { Sha256 } from '../../../model/release/manifest.ts';
import { MANIFEST_LIMITS } from '../../../model/release/release-manifest.ts';
import type { Metadata } from '../../../sources/metadata.ts';
import type { Transport } from '../../../sources/transport.ts';
import { lookAt, makeDirectory } from '../../../system/files/directories.ts';
import { readSmall } from '../../../system/files/read-file.ts';
import { replaceDurably } from '../../../system/files/replace-file.ts';
import { pinKeys, type SignaturePolicy } from '../../../trust/signed-manifest.ts';
import { openMetadata, openTransport, type TransportLocation } from './open-transport.ts';
import type { ReleaseIndex } from './release-index.ts';
import type { Releases } from './releases.ts';
import { signedIndex } from './signed-index.ts';
import { type ManifestCache, verifiedReleases } from './verified.ts';

/**
 * Returns the releases; their `close` closes everything it opened. TUF and git are loaded only where the
 * configuration names them, but then at once and not on first use: a release that updates Signalbox
 * replaces the code on disk.
 */
export async function openReleases(place: TransportLocation): Promise<Releases> {
	const { source, trust } = place.config;
	if (trust.mode === 'unsigned') {
		const { openUnsigned } = await import('./open-git.ts');
		return openUnsigned(place);
	}
	const transport = await openContents(place);
	const elsewhere = trust.metadata === undefined ? undefined : openMetadata(place, trust.metadata);
	const index = await openIndex(place, trust, (elsewhere ?? transport).documents);
	const { hardware } = place.config;
	const box = { channel: source.channel, hardware };
	const closing = [index, transport, ...(elsewhere === undefined ? [] : [elsewhere])];
	return verifiedReleases({
		index,
		contents: transport.contents,
		cache: cacheIn(join(place.layout.trust, 'manifests')),
		box,
		where: transport.where,
		close: async () => void (await Promise.allSettled(closing.map((one) => one.close()))),
	});
}

async function openContents(place: TransportLocation): Promise<Transport> {
	const { kind } = place.config.source;
	if (kind !== 'git') return openTransport(place, kind);
	const { openGitTransport } = await import('./open-git.ts');
	return openGitTransport(place);
}

async function openIndex(
	place: TransportLocation,
	trust: Exclude<TrustPolicy, { mode: 'unsigned' }>,
	documents: Metadata,
): Promise<ReleaseIndex> {
	switch (trust.mode) {
		case 'tuf': {
			const { openTufIndex } = await import('./open-tuf-index.ts');
			return openTufIndex(place, trust.root, documents);
		}
		case 'minisign':
		case 'ssh':
			return signedIndex(documents, policyOf(trust), {
				product: place.config.product,
				channel: place.config.source.channel,
			});
	}
}

function policyOf({ mode, keys, threshold }: Extract<TrustPolicy, { keys: unknown }>): SignaturePolicy {
	return { mode, keys: pinKeys(mode, keys), threshold };
}

/** Manifests of fetched releases, in root's own state directory. Crash: each is whole or absent. */
function cacheIn(dir: string): ManifestCache {
	const pathOf = (digest: Sha256) => join(dir, `${digest}.json`);
	return {
		keep(digest, bytes) {
			makeDirectory(dir, 0o700);
			replaceDurably(pathOf(digest), bytes);
		},
		take(digest) {
			const read = readSmall(pathOf(digest), MANIFEST_LIMITS.bytes);
			return read.kind === 'file' ? read.bytes : undefined;
		},
		all() {
			const names = lookAt(dir) === undefined ? [] : readdirSync(dir);
			return names.flatMap((name) =>
				/^[0-9a-f]{64}\.json$/.test(name) ? [name.slice(0, 64) as Sha256] : [],
			);
		},
		drop: (digest) => rmSync(pathOf(digest), { force: true }),
	};
}
