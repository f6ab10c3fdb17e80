/** Reads and changes the releases that a repository's channels announce. */

import { problem } from '../../model/base/error.ts';
import {
	type ChannelFile,
	parseChannelFile,
	writeChannelFile,
} from '../../model/publication/channel-file.ts';
import { channelPathOf, parseTargetPath, targetFilePath } from '../../model/publication/repository.ts';
import type { Sha256 } from '../../model/release/manifest.ts';
import { type Tag, versionOfTag } from '../../model/release/tag.ts';
import { isNewer } from '../../model/release/version.ts';
import { sha256Hex } from '../keys/public-key.ts';
import type { Listed, TargetsContents } from '../tuf-metadata.ts';
import { putIntoDraft } from './draft.ts';
import { targetBytes } from './live.ts';

type Targets = TargetsContents['targets'];

/**
 * Returns the release that each channel announces. `places` are directories that may hold the bytes of
 * targets; the first match is used.
 */
export function channelsIn(targets: Targets, places: readonly string[]): ReadonlyMap<string, ChannelFile> {
	return new Map(
		[...targets].flatMap(([path, { sha256 }]) => {
			const meaning = parseTargetPath(path);
			return meaning?.kind === 'channel'
				? [[meaning.channel, parseChannelFile(bytesOf(path, sha256, places))] as const]
				: [];
		}),
	);
}

/** Returns the listed releases, as far as possible oldest first, from their order in the file. */
export function tagsIn(targets: Targets): readonly Tag[] {
	return [...targets.keys()].flatMap((path) => {
		const meaning = parseTargetPath(path);
		return meaning?.kind === 'release' ? [meaning.tag] : [];
	});
}

/** Returns the bytes of a listed target. Throws `metadata-refused` if no directory has them. */
export function bytesOf(path: string, sha256: Sha256, places: readonly string[]): Uint8Array {
	for (const place of places) {
		const bytes = targetBytes(place, path, sha256);
		if (bytes !== undefined) return bytes;
	}
	const hint = 'put it back from a backup, or remove the draft and build again';
	throw problem('metadata-refused', `cannot find ${path} as the metadata lists it`, hint, {
		facts: { path, places },
	});
}

/** Writes the bytes of a target into the draft, and returns the targets that list it. */
export function putTarget(draft: string, targets: Targets, path: string, bytes: Uint8Array): Targets {
	const listed: Listed = { length: bytes.length, sha256: sha256Hex(bytes) as Sha256 };
	putIntoDraft(draft, targetFilePath(path, listed.sha256), bytes);
	return new Map([...targets, [path, listed]]);
}

/**
 * Announces a release in a channel. Throws `already-published` if the channel announces a newer one, because
 * boxes do not go back.
 */
export function announce(
	draft: string,
	targets: Targets,
	channel: string,
	tag: Tag,
	places: readonly string[],
): Targets {
	const now = channelsIn(targets, places).get(channel);
	if (now !== undefined && isNewer(versionOfTag(now.tag), versionOfTag(tag))) {
		const hint = 'build with --no-channel: boxes that need it as a stepping stone still find it';
		throw problem(
			'already-published',
			`cannot let ${channel} announce ${tag}: it announces ${now.tag}, which is newer`,
			hint,
			{
				facts: { channel, tag },
			},
		);
	}
	return putTarget(
		draft,
		targets,
		channelPathOf(channel),
		writeChannelFile({ tag, minimumSafeVersion: now?.minimumSafeVersion ?? null }),
	);
}
