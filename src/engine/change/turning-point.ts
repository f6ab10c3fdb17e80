/** Finds the turning point of a change: the fact from which it only goes back, whatever happens later. */
import type { ErrorRecord } from '../../model/base/error.ts';
import type { Journal, JournalEntry } from '../../model/change/journal.ts';
import type { Limits } from '../limits.ts';
import { type Awaited, afterFact, neverWentDown } from './reboot.ts';

/**
 * Returns why the change goes back, or undefined while it goes forward. After C it never goes back. Between R
 * and C a new process cannot know how far the installing steps came, so it goes back. The exception is a
 * reboot that the release asked for, when no other step was begun since.
 */
export function turningPoint(journal: Journal, limits: Limits): ErrorRecord | undefined {
	const seen: Seen = { R: false, cuts: 0, later: new Map(), reboot: { kind: 'none' } };
	for (const entry of journal) {
		if (isDone(entry, 'commit')) return undefined;
		if (isDone(entry, 'backup')) seen.R = true;
		const cause = causeIn(entry, seen, limits);
		if (cause !== undefined) return cause;
		seen.reboot = afterFact(seen.reboot, entry);
	}
	return undefined;
}

interface Seen {
	R: boolean;
	cuts: number;
	later: Map<string, number>;
	reboot: Awaited;
}

function causeIn(entry: JournalEntry, seen: Seen, limits: Limits): ErrorRecord | undefined {
	if (entry.seq > limits.facts) return circling(limits.facts);
	if (seen.reboot.kind === 'asked' && isSignOfLife(entry)) return causeInReboot(entry, seen.reboot, limits);
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

/**
 * The facts that can show that the machine still runs after a reboot was requested: a resumed updater, or its
 * report.
 */
function isSignOfLife(entry: JournalEntry): entry is Extract<JournalEntry, { event: 'resumed' | 'failed' }> {
	return entry.event === 'resumed' || (entry.event === 'failed' && entry.again === 'later');
}

function causeInReboot(
	entry: Extract<JournalEntry, { event: 'resumed' | 'failed' }>,
	{ boot, tries }: Extract<Awaited, { kind: 'asked' }>,
	limits: Limits,
): ErrorRecord | undefined {
	const happened = entry.event === 'resumed' && entry.boot !== boot;
	if (happened || tries < limits.rebootTries) return undefined;
	return entry.event === 'failed' ? entry.error : neverWentDown(tries);
}

function isDone(entry: JournalEntry, kind: 'backup' | 'commit'): boolean {
	return entry.event === 'done' && entry.step === (kind as string);
}

function interrupted(seen: Seen): ErrorRecord {
	return {
		code: 'interrupted',
		message: seen.R
			? 'the update was interrupted while the release was being installed'
			: `the update was interrupted ${seen.cuts} times`,
		hint: 'update again; if it happens again, check the power supply and the log',
		retry: 'later',
		facts: { cuts: seen.cuts },
	};
}

function circling(facts: number): ErrorRecord {
	return {
		code: 'internal',
		message: `the update does not end: its journal has more than ${facts} facts`,
		hint: 'this is a defect of Signalbox: please report it with the journal',
		retry: 'never',
		facts: { facts },
	};
}
