/** The one door for `statuses/history.json`: the changes that ended, newest first. */

import { parseErrorRecord } from '../base/error-record.ts';
import { asObject, decodeText, type Json, parseJson } from '../base/json.ts';
import { type EndedChange, type History, parseChangeKind } from './change.ts';
import type { Outcome } from './outcome.ts';

/** Larger files are not read. */
export const HISTORY_MAX_BYTES = 1024 * 1024;

const OUTCOMES: readonly Outcome['kind'][] = ['committed', 'dropped', 'rolled-back', 'needs-attention'];

/** Reads the bytes of `statuses/history.json`. Returns undefined when they hold none; entries that make no sense are left out. */
export function parseHistory(bytes: Uint8Array): History | undefined {
	const text = decodeText(bytes);
	const parsed = text === undefined ? undefined : parseJson(text);
	const changes = parsed?.kind === 'json' ? asObject(parsed.value)?.['changes'] : undefined;
	return Array.isArray(changes)
		? { schema: 1, changes: changes.map(endedChangeOf).filter((one) => one !== undefined) }
		: undefined;
}

function endedChangeOf(value: Json): EndedChange | undefined {
	const raw = asObject(value);
	const outcome = OUTCOMES.find((kind) => kind === raw?.['outcome']);
	if (raw === undefined || outcome === undefined || typeof raw['change'] !== 'string') return undefined;
	const text = (key: string) => (typeof raw[key] === 'string' ? raw[key] : '');
	return {
		change: raw['change'],
		kind: parseChangeKind(raw['kind']),
		from: text('from'),
		to: text('to'),
		outcome,
		error: parseErrorRecord(raw['error']),
		trust: text('trust'),
		startedAt: text('startedAt'),
		endedAt: text('endedAt'),
	};
}
