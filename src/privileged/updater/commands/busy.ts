/** What a command does when another one holds a lock. */
import { type Problem, problem } from '../../../model/base/error.ts';

/** How long a command waits for another one to finish reading the source, in milliseconds. */
export const STORE_PATIENCE = 60_000;

export function busy(): Problem {
	return problem(
		'busy',
		'cannot start: another update is at work',
		'wait until it ends: `signalbox status` shows its progress',
		{ retry: 'later' },
	);
}
