/**
 * Parsers for JSON of unknown origin that return a reason instead of throwing. `parseJson` is tolerant, for
 * files that people write (info.json, payloads); `parseStrictJson` is strict, for files that programs write
 * and sign.
 */
import { findStrictViolation, type JsonLimits } from './json-scan.ts';

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

/**
 * Parses text as JSON. It accepts a leading byte order mark and surrounding white space: real files have
 * both.
 */
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
 * Parses bytes as strict JSON: UTF-8 without a byte order mark, within `limits`, without duplicate keys, lone
 * surrogates and the keys `__proto__`, `constructor` and `prototype`. Trust: none. Source: threat 11.
 */
export function parseStrictJson(bytes: Uint8Array, limits: JsonLimits): JsonResult {
	if (bytes.length > limits.bytes)
		return { kind: 'unreadable', why: `it has ${bytes.length} bytes, more than ${limits.bytes}` };
	let text: string;
	try {
		text = exactDecoder.decode(bytes);
	} catch {
		return { kind: 'unreadable', why: 'it is not UTF-8' };
	}
	const why = text.startsWith('\uFEFF')
		? 'it begins with a byte order mark'
		: findStrictViolation(text, limits);
	return why === undefined ? parseText(text) : { kind: 'unreadable', why };
}

/** Returns `value` if it is a JSON object, else undefined. */
export function asObject(value: unknown): JsonObject | undefined {
	return typeof value === 'object' && value !== null && !Array.isArray(value)
		? (value as JsonObject)
		: undefined;
}

/** Copying a parsed object by assignment would turn its `__proto__` key into its prototype. */
function dropPrototypeKeys(this: unknown, key: string, value: unknown): unknown {
	return key === '__proto__' ? undefined : value;
}
