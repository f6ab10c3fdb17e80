/**
 * A trace lists the facts of a journal in order, one word each:
 *
 *     fetch      done            fetch!   failed          fetch?   asked to be run later
 *     fetch~     cut in the middle of it  -stage  undone   -stage!  undoing failed       -stage~  undoing was cut
 *     reboot     the machine went down   reboot~  it still runs, and another process took over   reboot?  it still runs
 *     = outcome
 */
import type { JournalEntry } from '../../../src/model/change/journal.ts';
import type { Run } from './simulated-change.ts';

const ENDINGS = { done: '', failed: '!', undone: '', 'undo-failed': '!' } as const;

function short(step: string): string {
	return step.replace('hook:', '').replace('-run.sh', '');
}

/** Returns the whole trace of a change. */
export function traceOf({ journal, outcome }: Pick<Run, 'journal' | 'outcome'>): string {
	const words: string[] = [];
	for (const [index, entry] of journal.entries()) {
		if (entry.event !== 'doing' && entry.event !== 'undoing') continue;
		const after = journal[index + 1];
		const wentDown =
			after?.event === 'resumed' &&
			entry.event === 'doing' &&
			entry.boot !== undefined &&
			entry.boot !== after.boot;
		words.push(
			`${entry.event === 'undoing' ? '-' : ''}${short(entry.step)}${wentDown ? '' : endingOf(after)}`,
		);
	}
	return `${words.join(' ')} = ${outcome.kind}`;
}

function endingOf(after: JournalEntry | undefined): string {
	if (after?.event === 'failed' && after.again === 'later') return '?';
	return after !== undefined && after.event in ENDINGS ? ENDINGS[after.event as keyof typeof ENDINGS] : '~';
}
