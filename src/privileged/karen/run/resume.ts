/** When the updater is asked to finish a change that was left open. Pure. */
import { EXIT } from '../../../model/base/error-codes.ts';
import type { TriggerEnd } from './start-trigger.ts';

/** What karen runs for herself; no signal can have this name. */
export const RESUME = '.resume';

/** Tries in a row after which only an operator, a new signal or a restart tries again. */
const TRIES = 5;
/** Milliseconds after which is looked again at a change that another updater works on. */
const BUSY = 5000;

export type AfterResume =
	| { readonly kind: 'done' }
	| { readonly kind: 'again'; readonly after: number; readonly failures: number }
	| { readonly kind: 'given-up' };

/** Returns what follows on a try. `open`: the change still stands open; `failures`: tries in a row that failed before this one. */
export function afterResume(end: TriggerEnd, change: 'open' | 'closed', failures: number): AfterResume {
	if (change === 'closed') return { kind: 'done' };
	if (end.kind === 'exited' && end.code === EXIT.busy) return { kind: 'again', after: BUSY, failures };
	if (failures + 1 >= TRIES) return { kind: 'given-up' };
	return { kind: 'again', after: 1000 * 2 ** failures, failures: failures + 1 };
}
