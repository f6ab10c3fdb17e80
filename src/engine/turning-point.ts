/** Whether a change has turned around: from this fact on it only goes back, whatever happens after. */
import type { ErrorRecord } from '../model/error.ts';
import type { Journal, JournalEntry } from '../model/journal.ts';
import type { Limits } from './limits.ts';

/**
 * Returns why the change goes back, or undefined while it goes forward. After C nothing turns it.
 * Between R and C a process that takes the change over does not guess how far the hooks came: it goes back.
 */
export function turningPoint(journal: Journal, limits: Limits): ErrorRecord | undefined {
	const seen = { R: false, cuts: 0, later: new Map<string, number>() };
	for (const entry of journal) {
		if (isDone(entry, 'commit')) return undefined;
		if (isDone(entry, 'backup')) seen.R = true;
		const cause = causeIn(entry, seen, limits);
		if (cause !== undefined) return cause;
	}
	return undefined;
}

interface Seen {
	R: boolean;
	cuts: number;
	later: Map<string, number>;
}

function causeIn(entry: JournalEntry, seen: Seen, limits: Limits): ErrorRecord | undefined {
	if (entry.seq > limits.facts) return circling(limits.facts);
	if (entry.event === 'resumed') {
		seen.cuts += 1;
		return seen.R || seen.cuts > limits.cuts ? interrupted(seen) : undefined;
	}
	if (entry.event !== 'failed') return undefined;
	if (entry.again === 'no') return entry.error;
	const asked = (seen.later.get(entry.step) ?? 0) + 1;
	seen.later.set(entry.step, asked);
	return asked > limits.laterTries ? { ...entry.error, retry: 'later' } : undefined;
}

function isDone(entry: JournalEntry, kind: 'backup' | 'commit'): boolean {
	return entry.event === 'done' && entry.step === (kind as string);
}

function interrupted(seen: Seen): ErrorRecord {
	return {
		code: 'interrupted',
		message: seen.R ? 'the update was cut off while the release was being installed' : `the update was cut off ${seen.cuts} times`,
		hint: 'ask again; if it happens again, look at the power supply and the log',
		retry: 'later',
		facts: { cuts: seen.cuts },
	};
}

function circling(facts: number): ErrorRecord {
	return {
		code: 'internal',
		message: `the update went in circles: more than ${facts} facts in its journal`,
		hint: 'this is a defect of Signalbox: please report it with the journal',
		retry: 'never',
		facts: { facts },
	};
}
