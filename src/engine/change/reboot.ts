/**
 * The reboot that a release asks for between S and 02. The machine going down is then no cut, but what the change waits for:
 * another boot id says that it happened; another process in the same boot says that it did not, and it is asked for again.
 *
 *     doing reboot (boot A) ── resumed (boot B) ─▶ it happened: go on; the next cut counts as ever
 *                           ├─ resumed (boot A) ─▶ asked again, at most rebootTries times in all
 *                           └─ failed           ─▶ asked again after a pause, at most rebootTries times in all
 */
import type { ErrorRecord } from '../../model/base/error.ts';
import type { Journal, JournalEntry } from '../../model/change/journal.ts';
import type { SharedStep } from '../../model/change/step-table.ts';

export const REBOOT: SharedStep = { kind: 'reboot' };

/** The reboot as far as the facts read so far tell. */
export type Awaited =
	| { readonly kind: 'none' }
	/** It was asked for `tries` times, and `boot` is the one that must end. */
	| { readonly kind: 'asked'; readonly boot: string; readonly tries: number };

/** Returns what is awaited after one more fact. */
export function afterFact(awaited: Awaited, entry: JournalEntry): Awaited {
	if (entry.event === 'doing') {
		if (entry.step !== (REBOOT.kind as string)) return { kind: 'none' };
		return { kind: 'asked', boot: entry.boot ?? '', tries: awaited.kind === 'asked' ? awaited.tries + 1 : 1 };
	}
	if (entry.event === 'resumed' && awaited.kind === 'asked' && entry.boot !== awaited.boot)
		return { kind: 'none' };
	return awaited;
}

/** Returns whether the machine went down since it was first asked to. */
export function hasRebooted(journal: Journal): boolean {
	const asked = journal.find((entry) => entry.event === 'doing' && entry.step === (REBOOT.kind as string));
	if (asked?.event !== 'doing') return false;
	return journal.some(
		(entry) => entry.event === 'resumed' && entry.seq > asked.seq && entry.boot !== asked.boot,
	);
}

/** The error of a machine that was asked often enough and whose updater was only ever ended. */
export function neverWentDown(tries: number): ErrorRecord {
	return {
		code: 'reboot-failed',
		message: `the release needs a restart of the machine, and after ${tries} tries it still runs`,
		hint: 'look at reboot.command in the configuration and try it by hand, then ask again',
		retry: 'later',
		facts: { tries },
	};
}
