/** One door for JSON that others wrote: bounded, tolerant of a byte order mark, and never a stack trace. */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

export type JsonResult = { readonly kind: 'json'; readonly value: Json } | { readonly kind: 'unreadable'; readonly why: string };

const decoder = new TextDecoder('utf-8', { fatal: true });

/** Returns `bytes` as text, without a byte order mark, or undefined when they are not UTF-8. */
export function decodeText(bytes: Uint8Array): string | undefined {
	try {
		return decoder.decode(bytes);
	} catch {
		return undefined;
	}
}

/** Parses a text as JSON. A leading byte order mark and white space around it are fine, as real info.json files have them. */
export function parseJson(text: string): JsonResult {
	const body = text.startsWith('\uFEFF') ? text.slice(1) : text;
	if (body.trim() === '') return { kind: 'unreadable', why: 'it is empty' };
	try {
		return { kind: 'json', value: JSON.parse(body, dropPrototypeKeys) as Json };
	} catch (thrown) {
		return { kind: 'unreadable', why: thrown instanceof Error ? thrown.message : 'it is not JSON' };
	}
}

/** Returns `value` when it is a JSON object, else undefined. */
export function asObject(value: unknown): JsonObject | undefined {
	return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
}

/** `__proto__` in a parsed object would become its prototype once it is copied by assignment. */
function dropPrototypeKeys(this: unknown, key: string, value: unknown): unknown {
	return key === '__proto__' ? undefined : value;
}
