/** Decides when to try again to finish an open change. */
import { EXIT } from '../../../model/base/error-codes.ts';
import type { TriggerEnd } from './start-trigger.ts';

/** Name of karen's own run that finishes an open change; no signal can have this name. */
export const RESUME = '.resume';

/** After this many failures in a row only an operator, a new signal or a restart tries again. */
const TRIES = 5;
/** Milliseconds between checks of a change that another updater is working on. */
const BUSY = 5000;

export type AfterResume =
	| { readonly kind: 'done' }
	| { readonly kind: 'again'; readonly after: number; readonly failures: number }
	| { readonly kind: 'given-up' };

/** Returns what to do after an attempt. `failures`: failed attempts in a row before this one. */
export function afterResume(end: TriggerEnd, change: 'open' | 'closed', failures: number): AfterResume {
	if (change === 'closed') return { kind: 'done' };
	if (end.kind === 'exited' && end.code === EXIT.busy) return { kind: 'again', after: BUSY, failures };
	if (failures + 1 >= TRIES) return { kind: 'given-up' };
	return { kind: 'again', after: 1000 * 2 ** failures, failures: failures + 1 };
}
