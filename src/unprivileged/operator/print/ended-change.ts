/** One sentence for people about a change that ended. */
import { formatSpan } from '../../../model/base/units.ts';
import type { EndedChange } from '../../../model/change/change.ts';

/** Returns what became of the change and how long it took: "Updated to 2.0.0 (4.2 s)." */
export function sentenceOfEnd(change: EndedChange): string {
	return `${resultOf(change)} (${spanOf(change)}).`;
}

function resultOf({ kind, outcome, from, to }: EndedChange): string {
	switch (outcome) {
		case 'committed':
			return `${{ update: 'Updated to', rollback: 'Rolled back to', keep: 'Accepted' }[kind]} ${to}`;
		case 'dropped':
			return `Did not install ${to}; nothing was changed`;
		case 'rolled-back':
			return `Rolled back to ${from}`;
		case 'needs-attention':
			return `Rolling back to ${from} failed; the box needs attention`;
	}
}

function spanOf({ startedAt, endedAt }: EndedChange): string {
	return formatSpan(Math.max(0, Date.parse(endedAt) - Date.parse(startedAt)));
}
