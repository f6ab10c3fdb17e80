/** The demo compares what it tells with what is: the first thing that is not so ends it. */
import { type Problem, problem } from '../../../model/error.ts';
import type { World } from '../../../terminal/world.ts';

/** Throws `demo-failed` unless it holds. */
export function expect(holds: boolean, otherwise: string): void {
	if (!holds) throw notAsTold(otherwise);
}

/** Returns the problem `demo-failed`: `what` is what was found. */
export function notAsTold(what: string): Problem {
	return problem(
		'demo-failed',
		`the demo did not go as told: ${what}`,
		'run signalbox demo --keep and look at its directory; this is a defect',
		{},
	);
}

/** What is thrown when the demo was stopped by the person who started it, or by its own limit. */
export function interrupted({ interrupted: { reason } }: World): Problem {
	if (reason instanceof DOMException && reason.name === 'TimeoutError')
		return problem('demo-failed', 'cannot finish the demo: it takes too long', 'run signalbox demo --keep and look where it hangs');
	return problem('interrupted', 'the demo was stopped', 'run it again');
}
