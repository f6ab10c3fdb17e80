/** What a JSON file of Signalbox holds, and how large it may be. */
import { asObject, decodeText, type JsonObject, parseJson } from './json.ts';

export interface FileFormat<T> {
	/** Larger files are not read. */
	readonly maxBytes: number;
	/** Returns the value, or undefined when the bytes hold anything else. Never throws. */
	readonly parse: (bytes: Uint8Array) => T | undefined;
}

/** Returns the JSON object in these bytes, or undefined. Trust: the bytes may come from another user. */
function objectIn(bytes: Uint8Array): JsonObject | undefined {
	const text = decodeText(bytes);
	const parsed = text === undefined ? undefined : parseJson(text);
	return parsed?.kind === 'json' ? asObject(parsed.value) : undefined;
}

/** Returns the format of a file that holds one JSON object, read by `parse`. */
export function objectFormat<T>(
	maxBytes: number,
	parse: (object: JsonObject) => T | undefined,
): FileFormat<T> {
	return {
		maxBytes,
		parse(bytes) {
			const object = objectIn(bytes);
			return object === undefined ? undefined : parse(object);
		},
	};
}
