/**
 * `statuses/update-status.json`. Every shape that Citadel and Umbrel ever wrote can be read; one shape is
 * written. Hooks write the file in place at any moment, so readers often meet empty and half files.
 */
import { onOneLine } from '../base/control-characters.ts';
import { type FileFormat, objectFormat } from '../base/file-format.ts';
import { asObject, decodeText, type JsonObject, parseJson } from '../base/json.ts';

/** Larger files are not read; real ones are much smaller. */
export const STATUS_MAX_BYTES = 64 * 1024;

/** The states that existing dashboards know. Between updates the state is `success`. */
export type LegacyState = 'installing' | 'success' | 'failed';

/** The keys of a status file; each may be missing. */
export interface ReadStatus {
	readonly state: string | undefined;
	readonly progress: number | undefined;
	readonly description: string | undefined;
	readonly updateTo: string | undefined;
	readonly raw: JsonObject;
}

/** What we write; further keys follow these four. */
export interface UpdateStatus {
	readonly state: LegacyState;
	/** 1 to 99 while installing, 100 with `success` and `failed`; never 0, which dashboards ignore. */
	readonly progress: number;
	/** Never ends in dots, because dashboards append three. */
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

/** Returns a status that follows the rules dashboards rely on, for any input. */
export function normalStatus(
	state: LegacyState,
	progress: number,
	description: string,
	updateTo: string,
): UpdateStatus {
	const ended = state !== 'installing';
	const within = Math.min(99, Math.max(1, Math.round(Number.isFinite(progress) ? progress : 1)));
	return { state, progress: ended ? 100 : within, description: normalDescription(description), updateTo };
}

/**
 * Removes control characters, bidirectional ones included, everything after 300 characters, and dots at the
 * end. Trust: hooks print anything.
 */
export function normalDescription(text: string): string {
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
