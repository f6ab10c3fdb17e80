/** The signed file that says which release a channel announces: `{"schema": 1, "tag": "v1.2.3", "minimumSafeVersion": null}`. */
import { problem } from '../base/error.ts';
import { asObject, parseStrictJson } from '../base/json.ts';
import { parseTag, type Tag } from '../release/tag.ts';
import { parseVersion, type Version } from '../release/version.ts';

export interface ChannelFile {
	readonly tag: Tag;
	/** No box of this channel goes below it, whatever is installed: the publisher’s word after a release turned out unsafe. */
	readonly minimumSafeVersion: Version | null;
}

const LIMITS = { bytes: 4096, depth: 2, nodes: 20 } as const;
const KEYS: readonly string[] = ['schema', 'tag', 'minimumSafeVersion'];

/**
 * Reads the bytes of a channel's file; `minimumSafeVersion` may be missing. Keys that begin with `x-` are passed over.
 * Trust: whether the bytes are the publisher's is for others to say. Throws `channel-unreadable`.
 */
export function parseChannelFile(bytes: Uint8Array): ChannelFile {
	const json = parseStrictJson(bytes, LIMITS);
	if (json.kind === 'unreadable') throw unreadable(json.why);
	const raw = asObject(json.value);
	if (raw?.['schema'] !== 1) throw unreadable('it is not an object with schema 1');
	const odd = Object.keys(raw).find((key) => !KEYS.includes(key) && !key.startsWith('x-'));
	if (odd !== undefined) throw unreadable(`${odd} is no key of this file`);
	const tag = parseTag(raw['tag']);
	if (tag === undefined) throw unreadable('its tag is no tag');
	const lowest = raw['minimumSafeVersion'] ?? null;
	const minimumSafeVersion = lowest === null ? null : parseVersion(lowest);
	if (minimumSafeVersion === undefined) throw unreadable('its minimumSafeVersion is not a version');
	return { tag, minimumSafeVersion };
}

/** Returns the bytes of a channel's file. */
export function writeChannelFile({ tag, minimumSafeVersion }: ChannelFile): Uint8Array {
	return new TextEncoder().encode(
		`${JSON.stringify({ schema: 1, tag, ...(minimumSafeVersion === null ? {} : { minimumSafeVersion }) })}\n`,
	);
}

function unreadable(why: string): Error {
	return problem(
		'channel-unreadable',
		`cannot read what a channel announces: ${why}`,
		'ask its author to publish again',
		{
			facts: { why },
		},
	);
}
