/** Starts a trigger in a session of its own, and tells how it ended. It goes on when karen does not. */
import type { ProcessMark } from '../../../model/signal/signal.ts';
import type { Clock } from '../../../system/clock.ts';
import {
	endGroup,
	type GroupEnd,
	markProcess,
	processLives,
	startGroup,
} from '../../../system/process/group.ts';
import type { Command } from './trigger-command.ts';

export type TriggerEnd =
	| GroupEnd
	/** Its time was up, and its whole group was ended. */
	| { readonly kind: 'timed-out' }
	/** It ended while another karen, or none, looked after it. */
	| { readonly kind: 'lost' };

export interface StartOrder {
	readonly command: Command;
	readonly cwd: string;
	readonly env: Readonly<Record<string, string>>;
	/** On standard input. */
	readonly payload: string;
	/** Where it prints to. */
	readonly output: number;
	/** Milliseconds. */
	readonly timeout: number;
}

export interface StartedTrigger {
	/** Undefined when it could not be started. */
	readonly process: ProcessMark | undefined;
	readonly ended: Promise<TriggerEnd>;
}

/** Milliseconds between TERM and KILL. */
const GRACE = 5000;
/** Milliseconds between two looks at a trigger that is not our child. */
const LOOK = 1000;
/** What timers of Node can wait for at most; above it they fire at once. */
const LONGEST = 2 ** 31 - 1;

/** Starts a trigger. Nothing of karen's environment reaches it. */
export function startTrigger(order: StartOrder, clock: Clock): StartedTrigger {
	const { command, cwd, env, payload, output } = order;
	const input = payload === '' ? undefined : payload;
	const group = startGroup({
		program: command.program,
		args: command.args,
		cwd,
		env,
		input,
		output: { fd: output },
	});
	const mark = group.pid === undefined ? undefined : markProcess(group.pid);
	return { process: mark, ended: withinTime(group.ended, group.pid, order.timeout, clock) };
}

/** Follows a trigger that an earlier karen started, to its end. What it ended with is not known. */
export function followFound(mark: ProcessMark, timeout: number, clock: Clock): Promise<TriggerEnd> {
	return withinTime(untilGone(mark, clock), mark.pid, timeout, clock);
}

async function untilGone(mark: ProcessMark, clock: Clock): Promise<TriggerEnd> {
	while (processLives(mark)) await clock.sleep(LOOK);
	return { kind: 'lost' };
}

async function withinTime(
	ended: Promise<TriggerEnd>,
	pid: number | undefined,
	timeout: number,
	clock: Clock,
): Promise<TriggerEnd> {
	let isTimeUp = false;
	const timer = setTimeout(
		() => {
			isTimeUp = true;
			// It fails only when nothing of the group is left to be ended.
			if (pid !== undefined) endGroup(pid, GRACE, clock).catch(() => undefined);
		},
		Math.min(timeout, LONGEST),
	);
	const end = await ended;
	clearTimeout(timer);
	return isTimeUp ? { kind: 'timed-out' } : end;
}
