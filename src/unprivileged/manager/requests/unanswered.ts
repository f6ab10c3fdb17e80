/** Why a signal got no answer: karen is silent, or the manager is being stopped. */
import { type Problem, problem } from '../../../model/base/error.ts';
import type { SignalName } from '../../../model/signal/signal.ts';
import { karenSilent } from '../../../system/signal-client.ts';

export function unanswered(name: SignalName, limit: number, stopping: AbortSignal): Problem {
	if (!stopping.aborted) return karenSilent(name, limit);
	return problem(
		'manager-silent',
		'cannot wait for karen: the manager is being stopped',
		'ask again when it runs',
		{
			retry: 'later',
			facts: { signal: name },
		},
	);
}
