/** Decides from karen's report and the change's status how a request ended. Prints nothing. */

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
 * Returns the verdict on a run. It follows the updater's exit code if karen saw it; otherwise (karen was
 * restarted, or the updater was killed) the outcome of the change. `change` began after the signal was sent,
 * or is undefined.
 */
export function verdictOn(report: SignalReport, change: ChangeStatus | undefined): Verdict {
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

/** The path was interrupted between two stepping stones: the box runs the last one that was committed. */
function onTheWay(change: ChangeStatus): ErrorRecord {
	return problem(
		'interrupted',
		`did not reach ${change.goal}: the update was interrupted after ${change.to}`,
		'request the update again',
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
		`cannot tell how the ${report.name} ended: karen reports ${report.state}`,
		'signalbox status and signalbox logs show more',
		{
			retry: 'later',
			facts: { signal: report.name, run: report.run },
		},
	).record;
}
