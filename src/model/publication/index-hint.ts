/** `index.json` of a published repository: the releases that may exist. It is unsigned and only a hint. */
import { asObject, type Json, parseStrictJson } from '../base/json.ts';
import { parseTag, type Tag } from '../release/tag.ts';

export interface IndexHint {
	readonly channels: ReadonlyMap<string, Tag>;
	readonly tags: readonly Tag[];
}

export const INDEX_LIMITS = { bytes: 16_000_000, depth: 4, nodes: 100_000 } as const;

/** Returns the readable part of an index and ignores the rest. Trust: none. */
export function parseIndexHint(bytes: Uint8Array): IndexHint {
	const parsed = parseStrictJson(bytes, INDEX_LIMITS);
	const raw = parsed.kind === 'json' ? asObject(parsed.value) : undefined;
	const channels = Object.entries(asObject(raw?.['channels']) ?? {}).flatMap(([name, tag]) =>
		named(name, parseTag(tag)),
	);
	return { channels: new Map(channels), tags: listOf(raw?.['tags']).flatMap((tag) => parseTag(tag) ?? []) };
}

function named(name: string, tag: Tag | undefined): readonly (readonly [string, Tag])[] {
	return tag === undefined ? [] : [[name, tag]];
}

function listOf(value: Json | undefined): readonly Json[] {
	return Array.isArray(value) ? value : [];
}
