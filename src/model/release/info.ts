/** `info.json`: the release's description of itself. */
import { problem } from '../base/error.ts';
import { asObject, decodeText, type JsonObject, parseJson } from '../base/json.ts';
import { parseRange, parseVersion, type Version, type VersionRange } from './version.ts';

/** Larger files are refused unread; the largest real one has 9 KB. */
export const INFO_MAX_BYTES = 256 * 1024;

export interface InfoJson {
	readonly version: Version;
	readonly name: string;
	readonly notes: string;
	readonly requires: VersionRange;
	/** The whole object of the file, with unknown keys (`isQuickUpdate`, `build` …) and their order. */
	readonly raw: JsonObject;
}

/**
 * Parses the bytes of an `info.json`. `name` and `notes` are optional; `requires` is not, and an empty string
 * there allows every version. Trust: none. Throws `info-unreadable`, which names `where` the bytes came from.
 */
export function parseInfo(bytes: Uint8Array, where: string): InfoJson {
	const hint = 'give the release an info.json of the form {"version", "name", "notes", "requires"}';
	const refuse = (why: string) =>
		problem('info-unreadable', `cannot read info.json of ${where}: ${why}`, hint, { facts: { where } });
	if (bytes.length > INFO_MAX_BYTES)
		throw refuse(`it holds ${bytes.length} bytes, more than ${INFO_MAX_BYTES}`);
	const text = decodeText(bytes);
	if (text === undefined) throw refuse('it is not UTF-8');
	const parsed = parseJson(text);
	if (parsed.kind === 'unreadable') throw refuse(parsed.why);
	return infoOf(parsed.value, refuse);
}

function infoOf(value: unknown, refuse: (why: string) => Error): InfoJson {
	const raw = asObject(value);
	if (raw === undefined) throw refuse('it is not an object');
	const version = parseVersion(raw['version']);
	if (version === undefined)
		throw refuse(`its version ${JSON.stringify(raw['version'] ?? null)} is not a version`);
	const requires = parseRange(raw['requires']);
	if (requires === undefined)
		throw refuse(`its requires ${JSON.stringify(raw['requires'] ?? null)} is not a range`);
	return { version, requires, name: textOf(raw['name']), notes: textOf(raw['notes']), raw };
}

function textOf(value: unknown): string {
	return typeof value === 'string' ? value : '';
}
