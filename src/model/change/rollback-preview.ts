/** The way back by hand: which release would come back, and what becomes of the data. */
import { type ErrorRecord, problem } from '../base/error.ts';
import { parseErrorRecord } from '../base/error-record.ts';
import { asObject, type Json, type JsonObject, parseJson } from '../base/json.ts';

/** `restore`: data as of the backup. `keep`: data as it is now. */
export type DataChoice = 'restore' | 'keep';

/**
 * Without a word on it: what is known to have worked together. Another rollback brings back what it replaces.
 */
export const DEFAULT_DATA: DataChoice = 'restore';

export function parseDataChoice(text: unknown): DataChoice | undefined {
	return text === 'restore' || text === 'keep' ? text : undefined;
}

/**
 * Returns what the payload of the signal `rollback` says of the data: `{"data": "keep"}` or the bare word.
 * Nothing, `true`, a number and an object without that key are a plain doorbell. Trust: an unprivileged user
 * wrote it. Throws `wish-unreadable`.
 */
export function readDataChoice(payload: string): DataChoice {
	const text = payload.trim();
	const parsed = parseJson(text);
	const value = parsed.kind === 'json' ? parsed.value : text;
	const said = asObject(value) === undefined ? value : (asObject(value)?.['data'] ?? '');
	if (said === '' || said === null || typeof said === 'boolean' || typeof said === 'number')
		return DEFAULT_DATA;
	const choice = parseDataChoice(said);
	if (choice !== undefined) return choice;
	const shown = JSON.stringify(said).slice(0, 100);
	throw problem(
		'wish-unreadable',
		`cannot roll back with ${shown}: it says neither restore nor keep`,
		'say {"data": "restore"} or {"data": "keep"}',
		{
			facts: { wish: shown },
		},
	);
}

/** What a rollback by hand would do, told before it is asked for. */
export interface RollbackPreview {
	readonly from: string;
	readonly to: string;
	/** The change whose backup it is. */
	readonly change: string;
	/** When the backup was made; ISO 8601 in UTC. */
	readonly at: string;
	/** Of the backup, data with it. */
	readonly bytes: number;
	/** What of `install.data` lies in the backup. */
	readonly data: readonly string[];
	/**
	 * What was written since: `restore` loses it, `keep` does not. Up to 20 paths of so many, directories with
	 * a slash at the end.
	 */
	readonly written: { readonly count: number; readonly paths: readonly string[] };
	/** Why a choice may not be had. */
	readonly refused: Readonly<Record<DataChoice, ErrorRecord | null>>;
}

/** Reads what the updater prints. Returns undefined for anything else. */
export function parseRollbackPreview(text: string): RollbackPreview | undefined {
	const parsed = parseJson(text);
	const raw = parsed.kind === 'json' ? asObject(parsed.value) : undefined;
	if (raw === undefined || typeof raw['to'] !== 'string' || typeof raw['at'] !== 'string') return undefined;
	const written = asObject(raw['written']) ?? {};
	const refused = asObject(raw['refused']) ?? {};
	return {
		from: textIn(raw, 'from'),
		to: raw['to'],
		change: textIn(raw, 'change'),
		at: raw['at'],
		bytes: numberIn(raw, 'bytes'),
		data: textsIn(raw['data']),
		written: { count: numberIn(written, 'count'), paths: textsIn(written['paths']) },
		refused: { restore: parseErrorRecord(refused['restore']), keep: parseErrorRecord(refused['keep']) },
	};
}

function textIn(raw: JsonObject, key: string): string {
	return typeof raw[key] === 'string' ? raw[key] : '';
}

function numberIn(raw: JsonObject, key: string): number {
	return typeof raw[key] === 'number' ? raw[key] : 0;
}

function textsIn(value: Json | undefined): readonly string[] {
	return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];
}
