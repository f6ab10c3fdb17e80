/** The demo checks every claim before it prints it; the first failed check ends the demo. */
import { type ErrorRecord, type Problem, problem } from '../model/base/error.ts';
import type { World } from '../terminal/world.ts';

/** Throws `demo-failed` unless the claim holds. `error` is the box's own error, if it has one. */
export function expect(holds: boolean, otherwise: string, error: ErrorRecord | null = null): void {
	if (!holds) throw failedClaim(otherwise, error);
}

/**
 * Returns `demo-failed` with the facts of `error`, because the box and its logs are removed with the demo.
 */
export function failedClaim(what: string, error: ErrorRecord | null = null): Problem {
	return problem(
		'demo-failed',
		`the demo failed: ${what}`,
		'this is a bug; run signalbox demo --keep and look at its directory',
		{ facts: { found: Object.entries(error?.facts ?? {}).map(([name, fact]) => `${name}: ${fact}`) } },
	);
}

/** Returns the error for a demo that was stopped by the user or by its time limit. */
export function interrupted({ interrupted: { reason } }: World): Problem {
	if (reason instanceof DOMException && reason.name === 'TimeoutError')
		return problem(
			'demo-failed',
			'cannot finish the demo: it takes too long',
			'run signalbox demo --keep to see where it hangs',
		);
	return problem('interrupted', 'the demo was stopped', 'run it again');
}
