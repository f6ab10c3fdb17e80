/**
 * Releases verified by TUF: which exist, which one the channel names, and that the list is not an older
 * state.
 */
import { parseChannelFile } from '../../../model/publication/channel-file.ts';
import { channelPathOf, manifestPathOf, parseTargetPath } from '../../../model/publication/repository.ts';
import type { Tuf } from '../../../system/tuf/client.ts';
import { requireRelease } from '../../../trust/signed-manifest.ts';
import type { Verified } from '../../../trust/verified.ts';
import type { ReleaseIndex } from './release-index.ts';
import type { Wanted } from './signed-index.ts';

/** Returns the index of a repository. Manifests are fetched on demand. */
export function tufIndex(tuf: Tuf<Verified<Uint8Array>>, { product, channel }: Wanted): ReleaseIndex {
	return {
		async list() {
			const paths = await tuf.targets();
			const tags = paths
				.map(parseTargetPath)
				.flatMap((meaning) => (meaning?.kind === 'release' ? [meaning.tag] : []));
			const goodUntil = await tuf.goodUntil();
			const path = channelPathOf(channel);
			if (!paths.includes(path)) return { channel: undefined, tags, minimumSafeVersion: null, goodUntil };
			const { tag, minimumSafeVersion } = parseChannelFile(await tuf.target(path));
			return { channel: tag, tags, minimumSafeVersion, goodUntil };
		},
		async manifest(tag) {
			const path = manifestPathOf(tag);
			if (!(await tuf.targets()).includes(path)) return undefined;
			const bytes = await tuf.target(path);
			return { manifest: requireRelease(bytes, { product, tag }), bytes };
		},
		close: async () => tuf.close(),
	};
}
