/** Questions about one step that a journal answers. */
import type { ErrorRecord } from '../../model/base/error.ts';
import type { Journal, JournalEntry } from '../../model/change/journal.ts';
import type { StepId } from '../../model/change/step.ts';

/** Returns how often the step, or its undo, was begun. */
export function attemptsAt(journal: Journal, step: StepId, event: 'doing' | 'undoing'): number {
	return journal.filter((entry) => entry.event === event && entry.step === step).length;
}

/** Returns the last fact about the step, if there is one. */
export function lastAt(journal: Journal, step: StepId): JournalEntry | undefined {
	return journal.findLast((entry) => 'step' in entry && entry.step === step);
}

/** Returns the errors of doing the step, oldest first. */
export function errorsAt(journal: Journal, step: StepId): readonly ErrorRecord[] {
	return journal.flatMap((entry) => (entry.event === 'failed' && entry.step === step ? [entry.error] : []));
}
