/** Builds the reports in `statuses/signals/` from karen's knowledge of a run. */
import { type ErrorRecord, problem } from '../../../model/base/error.ts';
import type { ProcessMark, SignalName, SignalReport, SignalState } from '../../../model/signal/signal.ts';
import type { TriggerEnd } from '../run/start-trigger.ts';

/** A touch that karen has seen. `at` is ISO 8601 in UTC. */
export interface Received {
	readonly stamp: string;
	readonly at: string;
}

/** A current run. */
export interface LiveRun {
	readonly name: SignalName;
	readonly id: string;
	/** The touch that caused it. */
	readonly received: Received;
	readonly startedAt: string;
	readonly process: ProcessMark | null;
}

/** Returns the report of a waiting touch. */
export function queuedReport(name: SignalName, received: Received): SignalReport {
	return blank(name, received, 'queued');
}

/** Returns the report of a touch that karen refused. */
export function refusedReport(name: SignalName, received: Received, error: ErrorRecord): SignalReport {
	return { ...blank(name, received, 'refused'), error };
}

/** Returns the report of a current run; `seen` is the stamp of the newest touch. */
export function runningReport(run: LiveRun, seen: string): SignalReport {
	return {
		...blank(run.name, run.received, 'running'),
		seen,
		run: run.id,
		startedAt: run.startedAt,
		process: run.process,
	};
}

/** Returns the report of a run that ended at `at`; `output` is the tail of its output. */
export function endedReport(
	run: LiveRun,
	seen: string,
	end: TriggerEnd,
	output: string,
	at: string,
): SignalReport {
	return {
		...runningReport(run, seen),
		state: stateOf(end),
		endedAt: at,
		exitCode: end.kind === 'exited' ? end.code : null,
		killedBy: end.kind === 'killed' ? end.by : null,
		output,
		error: errorOf(run.name, end),
		process: null,
	};
}

function blank(name: SignalName, received: Received, state: SignalState): SignalReport {
	return {
		schema: 1,
		name,
		run: '',
		state,
		stamp: received.stamp,
		seen: received.stamp,
		receivedAt: received.at,
		startedAt: null,
		endedAt: null,
		exitCode: null,
		killedBy: null,
		output: '',
		error: null,
		process: null,
	};
}

function stateOf(end: TriggerEnd): SignalState {
	switch (end.kind) {
		case 'exited':
			return end.code === 0 ? 'done' : 'failed';
		case 'killed':
		case 'not-started':
			return 'failed';
		case 'timed-out':
			return 'timed-out';
		case 'lost':
			return 'lost';
	}
}

function errorOf(name: SignalName, end: TriggerEnd): ErrorRecord | null {
	const look = 'see its output in this report';
	switch (end.kind) {
		case 'exited':
			return end.code === 0
				? null
				: problem('trigger-failed', `the trigger of ${name} failed with exit code ${end.code}`, look, {
						retry: 'later',
						facts: { exitCode: end.code },
					}).record;
		case 'killed':
			return problem(
				'trigger-killed',
				`the trigger of ${name} was killed by ${end.by}`,
				'find out what killed it, then send the signal again',
				{
					retry: 'later',
					facts: { by: end.by },
				},
			).record;
		case 'not-started':
			return problem(
				'trigger-failed',
				`cannot start the trigger of ${name}: ${end.errno}`,
				'check its first line and its mode',
				{
					facts: { errno: end.errno },
				},
			).record;
		case 'timed-out':
			return problem(
				'trigger-timeout',
				`the trigger of ${name} exceeded its time limit and was ended`,
				`${look}, or raise triggers.NAME.timeout in the configuration`,
				{
					retry: 'later',
				},
			).record;
		case 'lost':
			return problem(
				'trigger-lost',
				`the trigger of ${name} ended while karen restarted: its result is unknown`,
				'check whether it did its work',
				{
					retry: 'later',
				},
			).record;
	}
}
