/** The demo compares what it tells with what is: the first thing that is not so ends it. */
import { type ErrorRecord, type Problem, problem } from '../model/base/error.ts';
import type { World } from '../terminal/world.ts';

/** Throws `demo-failed` unless it holds. `error` is what the box said of it. */
export function expect(holds: boolean, otherwise: string, error: ErrorRecord | null = null): void {
	if (!holds) throw notAsTold(otherwise, error);
}

/** Returns the problem `demo-failed`: `what` is what was found. It has the facts of `error`, since the box and its logs go with the demo. */
export function notAsTold(what: string, error: ErrorRecord | null = null): Problem {
	return problem(
		'demo-failed',
		`the demo did not go as told: ${what}`,
		'run signalbox demo --keep and look at its directory; this is a defect',
		{ facts: { found: Object.entries(error?.facts ?? {}).map(([name, fact]) => `${name}: ${fact}`) } },
	);
}

/** What is thrown when the demo was stopped by the person who started it, or by its own limit. */
export function interrupted({ interrupted: { reason } }: World): Problem {
	if (reason instanceof DOMException && reason.name === 'TimeoutError')
		return problem(
			'demo-failed',
			'cannot finish the demo: it takes too long',
			'run signalbox demo --keep and look where it hangs',
		);
	return problem('interrupted', 'the demo was stopped', 'run it again');
}
