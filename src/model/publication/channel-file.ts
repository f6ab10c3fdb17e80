/**
 * The signed file of a channel's newest release: `{"schema": 1, "tag": "v1.2.3", "minimumSafeVersion":
 * null}`.
 */
import { problem } from '../base/error.ts';
import { asObject, parseStrictJson } from '../base/json.ts';
import { parseTag, type Tag } from '../release/tag.ts';
import { parseVersion, type Version } from '../release/version.ts';

export interface ChannelFile {
	readonly tag: Tag;
	/** No box of this channel goes below this version; the publisher raises it when a release proves unsafe. */
	readonly minimumSafeVersion: Version | null;
}

const LIMITS = { bytes: 4096, depth: 2, nodes: 20 } as const;
const KEYS: readonly string[] = ['schema', 'tag', 'minimumSafeVersion'];

/**
 * Parses the bytes of a channel file. `minimumSafeVersion` is optional, and `x-` keys are ignored.
 * Trust: none; src/trust verifies the signatures. Throws `channel-unreadable`.
 */
export function parseChannelFile(bytes: Uint8Array): ChannelFile {
	const json = parseStrictJson(bytes, LIMITS);
	if (json.kind === 'unreadable') throw unreadable(json.why);
	const raw = asObject(json.value);
	if (raw?.['schema'] !== 1) throw unreadable('it is not an object with schema 1');
	const odd = Object.keys(raw).find((key) => !KEYS.includes(key) && !key.startsWith('x-'));
	if (odd !== undefined) throw unreadable(`${odd} is not a key of this file`);
	const tag = parseTag(raw['tag']);
	if (tag === undefined) throw unreadable('its tag is not a tag');
	const lowest = raw['minimumSafeVersion'] ?? null;
	const minimumSafeVersion = lowest === null ? null : parseVersion(lowest);
	if (minimumSafeVersion === undefined) throw unreadable('its minimumSafeVersion is not a version');
	return { tag, minimumSafeVersion };
}

/** Returns the bytes of a channel file. */
export function writeChannelFile({ tag, minimumSafeVersion }: ChannelFile): Uint8Array {
	return new TextEncoder().encode(
		`${JSON.stringify({ schema: 1, tag, ...(minimumSafeVersion === null ? {} : { minimumSafeVersion }) })}\n`,
	);
}

function unreadable(why: string): Error {
	return problem(
		'channel-unreadable',
		`cannot read the channel file: ${why}`,
		'ask its author to publish again',
		{
			facts: { why },
		},
	);
}
