/** The one door for `statuses/history.json`: the changes that ended, newest first. */

import { parseErrorRecord } from '../base/error-record.ts';
import { type FileFormat, objectFormat } from '../base/file-format.ts';
import { asObject, type Json } from '../base/json.ts';
import { type EndedChange, type History, parseChangeKind } from './change.ts';
import type { Outcome } from './outcome.ts';

const OUTCOMES: readonly Outcome['kind'][] = ['committed', 'dropped', 'rolled-back', 'needs-attention'];

/** `statuses/history.json`. Entries that make no sense are left out. */
export const HISTORY_FILE: FileFormat<History> = objectFormat(1024 * 1024, ({ changes }) =>
	Array.isArray(changes)
		? { schema: 1, changes: changes.map(endedChangeOf).filter((one) => one !== undefined) }
		: undefined,
);

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
