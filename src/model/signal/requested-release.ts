/** The requested release. A request only names a release; root decides whether it may be installed. */
import { problem } from '../base/error.ts';
import { asObject, parseJson } from '../base/json.ts';
import { parseTag, type Tag } from '../release/tag.ts';
import type { ReadStatus } from '../status/status.ts';

export type RequestedRelease = { readonly kind: 'next' } | { readonly kind: 'tag'; readonly tag: Tag };

/**
 * Returns the release that a signal's payload requests, else the one in update-status.json, else the plan's
 * next. An empty payload, `true` or a number requests nothing in particular; older managers write `true`.
 * Trust: both come from an unprivileged user. Throws `wish-unreadable` for a request that is not a tag.
 */
export function readRequest(payload: string, status: ReadStatus | undefined): RequestedRelease {
	const fromPayload = requestIn(payload);
	if (fromPayload.kind === 'tag') return fromPayload;
	return requestFrom(status?.updateTo ?? null);
}

/**
 * Whether a failed release's waiting time holds. `passed-over`: the payload is an object with `"retry":
 * true`. Trust: it comes from an unprivileged user, so it can only repeat an allowed release, and not
 * endlessly.
 */
export type RetryRule = 'respected' | 'passed-over';

export function readRetryRule(payload: string): RetryRule {
	const parsed = parseJson(payload);
	return parsed.kind === 'json' && asObject(parsed.value)?.['retry'] === true ? 'passed-over' : 'respected';
}

function requestIn(payload: string): RequestedRelease {
	const text = payload.trim();
	if (text === '') return { kind: 'next' };
	const parsed = parseJson(text);
	if (parsed.kind === 'unreadable') return requestFrom(text);
	const object = asObject(parsed.value);
	if (object !== undefined) return requestFrom(object['updateTo'] ?? null);
	if (typeof parsed.value === 'string') return requestFrom(parsed.value);
	if (Array.isArray(parsed.value)) throw unreadable(text);
	return { kind: 'next' };
}

function requestFrom(value: unknown): RequestedRelease {
	if (value === null || value === '') return { kind: 'next' };
	const tag = parseTag(value);
	if (tag === undefined) throw unreadable(typeof value === 'string' ? value : JSON.stringify(value));
	return { kind: 'tag', tag };
}

function unreadable(text: string) {
	const shown = JSON.stringify(text.slice(0, 100));
	return problem(
		'wish-unreadable',
		`cannot update to ${shown}: it is not the tag of a release`,
		'name a tag such as v1.2.3, or no tag to install the next release',
		{
			facts: { wish: text.slice(0, 100) },
		},
	);
}
