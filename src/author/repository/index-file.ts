/** `index.json`: lists the published releases for people and tools. Boxes never trust it. */
import { join } from 'node:path';
import { asObject, parseStrictJson } from '../../model/base/json.ts';
import { INDEX_PATH } from '../../model/publication/repository.ts';
import { parseReleaseManifest } from '../../model/release/release-manifest.ts';
import { parseTag, type Tag, versionOfTag } from '../../model/release/tag.ts';
import { compareVersions } from '../../model/release/version.ts';
import type { TargetsContents } from '../tuf-metadata.ts';
import { channelsIn, tagsIn } from './channels.ts';
import { type Draft, draftManifest } from './draft.ts';
import { fileAt, namesIn } from './live.ts';

const LIMITS = { bytes: 16_000_000, depth: 4, nodes: 100_000 } as const;

/** Returns the product that a repository's index names, if any. */
export function productIn(repository: string): string | undefined {
	const bytes = fileAt(join(repository, INDEX_PATH), LIMITS.bytes);
	const json = bytes === undefined ? undefined : parseStrictJson(bytes, LIMITS);
	const product = json?.kind === 'json' ? asObject(json.value)?.['product'] : undefined;
	return typeof product === 'string' ? product : undefined;
}

/**
 * Returns the repository's index after the draft is published. `targets` is undefined if releases have only
 * detached signatures.
 */
export function indexOf(
	repository: string,
	draft: Draft,
	targets: TargetsContents['targets'] | undefined,
): Uint8Array {
	const lying = namesIn(join(repository, 'releases')).flatMap((name) => parseTag(name) ?? []);
	const tags =
		targets === undefined
			? [...lying, ...draft.tags].filter((tag) => !draft.withdrawn.includes(tag))
			: tagsIn(targets);
	const ordered = [...new Set(tags)].sort((a, b) => compareVersions(versionOfTag(a), versionOfTag(b)));
	const channels =
		targets === undefined ? new Map([['main', ordered.at(-1)]]) : announced(repository, draft, targets);
	const index = {
		schema: 1,
		product: productOf(draft) ?? productIn(repository) ?? null,
		channels: Object.fromEntries(channels),
		tags: ordered,
	};
	return new TextEncoder().encode(`${JSON.stringify(index)}\n`);
}

function announced(
	repository: string,
	draft: Draft,
	targets: TargetsContents['targets'],
): ReadonlyMap<string, Tag> {
	return new Map(
		[...channelsIn(targets, [draft.directory, repository])].map(([channel, { tag }]) => [channel, tag]),
	);
}

function productOf(draft: Draft): string | undefined {
	const [tag] = draft.tags;
	const bytes = tag === undefined ? undefined : draftManifest(draft, tag);
	return bytes === undefined ? undefined : parseReleaseManifest(bytes).product;
}
