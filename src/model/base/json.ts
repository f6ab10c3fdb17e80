/**
 * One door for JSON that others wrote, and never a stack trace. What people write (info.json, a payload) is read with patience;
 * what programs write and sign is read to the letter.
 */
import { findLaxity, type JsonLimits } from './json-scan.ts';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

export type JsonResult =
	| { readonly kind: 'json'; readonly value: Json }
	| { readonly kind: 'unreadable'; readonly why: string };

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
	return parseText(body, dropPrototypeKeys);
}

function parseText(text: string, reviver?: (key: string, value: unknown) => unknown): JsonResult {
	if (text.trim() === '') return { kind: 'unreadable', why: 'it is empty' };
	try {
		return { kind: 'json', value: JSON.parse(text, reviver) as Json };
	} catch (thrown) {
		return { kind: 'unreadable', why: thrown instanceof Error ? thrown.message : 'it is not JSON' };
	}
}

const exactDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Parses bytes as JSON to the letter: UTF-8 without a byte order mark, within the limits, no key twice, none of `__proto__`,
 * `constructor` and `prototype`, no half characters. Trust: the bytes may be anybody's. (trust contract §6, threat 11)
 */
export function parseStrictJson(bytes: Uint8Array, limits: JsonLimits): JsonResult {
	if (bytes.length > limits.bytes)
		return { kind: 'unreadable', why: `it holds ${bytes.length} bytes, more than ${limits.bytes}` };
	let text: string;
	try {
		text = exactDecoder.decode(bytes);
	} catch {
		return { kind: 'unreadable', why: 'it is not UTF-8' };
	}
	const why = text.startsWith('\uFEFF') ? 'it begins with a byte order mark' : findLaxity(text, limits);
	return why === undefined ? parseText(text) : { kind: 'unreadable', why };
}

/** Returns `value` when it is a JSON object, else undefined. */
export function asObject(value: unknown): JsonObject | undefined {
	return typeof value === 'object' && value !== null && !Array.isArray(value)
		? (value as JsonObject)
		: undefined;
}

/** `__proto__` in a parsed object would become its prototype once it is copied by assignment. */
function dropPrototypeKeys(this: unknown, key: string, value: unknown): unknown {
	return key === '__proto__' ? undefined : value;
}
