/** How a followed change ended, judged from karen's report and root's own word. Decides, and prints nothing. */

import { type ErrorRecord, problem } from '../../../model/base/error.ts';
import { EXIT, type ExitCode, exitCodeOf } from '../../../model/base/error-codes.ts';
import type { ChangeStatus } from '../../../model/change/change.ts';
import type { SignalReport } from '../../../model/signal/signal.ts';

export interface Verdict {
	readonly exit: ExitCode;
	/** Null only with exit code 0. */
	readonly error: ErrorRecord | null;
}

/**
 * Returns the verdict on a run. The updater's exit code counts where karen saw it; where it did not (karen was restarted
 * meanwhile, or the updater was killed), the change's outcome does. `change` began after the ring, or is undefined.
 */
export function judge(report: SignalReport, change: ChangeStatus | undefined): Verdict {
	const exit = exitCodeFrom(report.exitCode);
	switch (report.state) {
		case 'done':
			return { exit: EXIT.done, error: null };
		case 'failed':
			if (exit !== undefined && exit !== EXIT.done) return { exit, error: change?.error ?? errorOf(report) };
			return byChange(report, change);
		case 'timed-out':
		case 'lost':
		case 'queued':
		case 'running':
			return byChange(report, change);
		case 'refused':
			return failed(errorOf(report));
	}
}

function exitCodeFrom(code: number | null): ExitCode | undefined {
	return Object.values(EXIT).find((known) => known === code);
}

function byChange(report: SignalReport, change: ChangeStatus | undefined): Verdict {
	const cut = { exit: EXIT.failed, error: errorOf(report) };
	switch (change?.state) {
		case undefined:
			return cut;
		case 'committed':
			return change.goal === '' || change.goal.replace(/^v/, '') === change.to
				? { exit: EXIT.done, error: null }
				: { ...cut, error: onTheWay(change) };
		case 'rolled-back':
			return { exit: EXIT.rolledBack, error: change.error ?? errorOf(report) };
		case 'needs-attention':
			return { exit: EXIT.needsAttention, error: change.error ?? errorOf(report) };
		case 'failed':
			return failed(change.error ?? errorOf(report));
		default:
			return cut;
	}
}

function failed(error: ErrorRecord): Verdict {
	const exit = exitCodeOf(error.code);
	return { exit: exit === EXIT.done ? EXIT.failed : exit, error };
}

/** A path that was cut off between two stepping stones leaves the box whole, on the last one. */
function onTheWay(change: ChangeStatus): ErrorRecord {
	return problem(
		'interrupted',
		`cannot say that ${change.goal} is installed: the path was cut off after ${change.to}`,
		'ask for the update again',
		{
			retry: 'now',
			facts: { installed: change.to, goal: change.goal },
		},
	).record;
}

function errorOf(report: SignalReport): ErrorRecord {
	if (report.error !== null) return report.error;
	const code =
		report.state === 'timed-out'
			? 'trigger-timeout'
			: report.state === 'lost'
				? 'trigger-lost'
				: 'trigger-failed';
	return problem(
		code,
		`cannot say how the ${report.name} ended: karen reports ${report.state}`,
		'signalbox status and signalbox logs tell more',
		{
			retry: 'later',
			facts: { signal: report.name, run: report.run },
		},
	).record;
}
