/**
 * `statuses/update-status.json`: every shape that Citadel and Umbrel ever wrote is read; one shape is written.
 * Hooks write it too, in place and at any moment, so a reader meets empty and half files as a matter of course.
 */
import { onOneLine } from '../base/control-characters.ts';
import { type FileFormat, objectFormat } from '../base/file-format.ts';
import { asObject, decodeText, type JsonObject, parseJson } from '../base/json.ts';

/** Larger files are not read: nothing real comes near. */
export const STATUS_MAX_BYTES = 64 * 1024;

/** The states dashboards of the field know. Between updates `success` is the state of rest, as they ship it. */
export type LegacyState = 'installing' | 'success' | 'failed';

/** What a status file said; each key may have been missing. */
export interface ReadStatus {
	readonly state: string | undefined;
	readonly progress: number | undefined;
	readonly description: string | undefined;
	readonly updateTo: string | undefined;
	readonly raw: JsonObject;
}

/** What we write. Further keys follow these four. */
export interface UpdateStatus {
	readonly state: LegacyState;
	/** 1 to 99 while installing, 100 with `success` and `failed`; never 0, which dashboards drop. */
	readonly progress: number;
	/** Never ends in dots: dashboards add three of their own. */
	readonly description: string;
	readonly updateTo: string;
}

export type StatusResult =
	| { readonly kind: 'status'; readonly status: ReadStatus }
	| { readonly kind: 'unreadable'; readonly why: string };

/** Reads the bytes of a status file. Trust: another user may have written them. */
export function parseStatus(bytes: Uint8Array): StatusResult {
	if (bytes.length > STATUS_MAX_BYTES)
		return { kind: 'unreadable', why: `it holds more than ${STATUS_MAX_BYTES} bytes` };
	const text = decodeText(bytes);
	if (text === undefined) return { kind: 'unreadable', why: 'it is not UTF-8' };
	const parsed = parseJson(text);
	if (parsed.kind === 'unreadable') return parsed;
	const raw = asObject(parsed.value);
	if (raw === undefined) return { kind: 'unreadable', why: 'it is not an object' };
	return { kind: 'status', status: readKeys(raw) };
}

/** `statuses/update-status.json`. Trust: another user may have written it, and hooks write it in place. */
export const UPDATE_STATUS_FILE: FileFormat<ReadStatus> = objectFormat(STATUS_MAX_BYTES, readKeys);

function readKeys(raw: JsonObject): ReadStatus {
	const text = (key: string) => (typeof raw[key] === 'string' ? raw[key] : undefined);
	const progress = raw['progress'];
	return {
		state: text('state'),
		progress: typeof progress === 'number' && Number.isFinite(progress) ? progress : undefined,
		description: text('description'),
		updateTo: text('updateTo'),
		raw,
	};
}

/** Returns a status that keeps the rules dashboards rely on, whatever the numbers and texts given. */
export function tidyStatus(
	state: LegacyState,
	progress: number,
	description: string,
	updateTo: string,
): UpdateStatus {
	const ended = state !== 'installing';
	const within = Math.min(99, Math.max(1, Math.round(Number.isFinite(progress) ? progress : 1)));
	return { state, progress: ended ? 100 : within, description: tidyDescription(description), updateTo };
}

/** Cuts control characters (those that turn text around too), what goes beyond 300 characters, and the dots (or half a character) then at the end. Hooks may print anything. */
export function tidyDescription(text: string): string {
	const plain = onOneLine(text).trim();
	return plain.slice(0, 300).replace(/[.\u2026\s\uD800-\uDBFF]+$/u, '');
}

/** The file as it is shipped and as it stands between updates. */
export const STATUS_AT_REST: UpdateStatus = {
	state: 'success',
	progress: 100,
	description: '',
	updateTo: '',
};
