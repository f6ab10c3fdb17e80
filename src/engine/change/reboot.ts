/**
 * The reboot that a release asks for after S. The machine going down is then expected, not an interruption: a
 * new boot id shows that it happened; a new process in the same boot shows that it did not, and the reboot is
 * requested again.
 *
 *     doing reboot (boot A) ── resumed (boot B) ─▶ it happened: continue; a further interruption counts as usual
 *                           ├─ resumed (boot A) ─▶ requested again, at most rebootTries times in all
 *                           └─ failed           ─▶ requested again after a pause, at most rebootTries times in all
 */
import type { ErrorRecord } from '../../model/base/error.ts';
import type { Journal, JournalEntry } from '../../model/change/journal.ts';
import type { SharedStep } from '../../model/change/step-table.ts';

export const REBOOT: SharedStep = { kind: 'reboot' };

/** The state of the reboot after the facts read so far. */
export type Awaited =
	| { readonly kind: 'none' }
	/** It was requested `tries` times, and `boot` is the boot that must end. */
	| { readonly kind: 'asked'; readonly boot: string; readonly tries: number };

/** Returns the state of the reboot after one more fact. */
export function afterFact(awaited: Awaited, entry: JournalEntry): Awaited {
	if (entry.event === 'doing') {
		if (entry.step !== (REBOOT.kind as string)) return { kind: 'none' };
		return { kind: 'asked', boot: entry.boot ?? '', tries: awaited.kind === 'asked' ? awaited.tries + 1 : 1 };
	}
	if (entry.event === 'resumed' && awaited.kind === 'asked' && entry.boot !== awaited.boot)
		return { kind: 'none' };
	return awaited;
}

/** Returns whether the machine went down since the reboot was first requested. */
export function hasRebooted(journal: Journal): boolean {
	const asked = journal.find((entry) => entry.event === 'doing' && entry.step === (REBOOT.kind as string));
	if (asked?.event !== 'doing') return false;
	return journal.some(
		(entry) => entry.event === 'resumed' && entry.seq > asked.seq && entry.boot !== asked.boot,
	);
}

/** The error after all tries, when the machine never went down and only the updater was ended. */
export function neverWentDown(tries: number): ErrorRecord {
	return {
		code: 'reboot-failed',
		message: `the release needs a restart of the machine, and after ${tries} tries it still runs`,
		hint: 'check reboot.command in the configuration and try it by hand, then update again',
		retry: 'later',
		facts: { tries },
	};
}
