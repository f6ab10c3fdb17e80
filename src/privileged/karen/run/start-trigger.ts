/** Starts a trigger in its own session, where it survives the end of karen, and waits for its end. */
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
	/** It exceeded its time limit, and its whole process group was ended. */
	| { readonly kind: 'timed-out' }
	/** It ended while this karen was not its parent, so its exit code is unknown. */
	| { readonly kind: 'lost' };

export interface StartOrder {
	readonly command: Command;
	readonly cwd: string;
	readonly env: Readonly<Record<string, string>>;
	/** On standard input. */
	readonly payload: string;
	/** Descriptor for its output. */
	readonly output: number;
	/** Milliseconds. */
	readonly timeout: number;
}

export interface StartedTrigger {
	/** Undefined if it could not be started. */
	readonly process: ProcessMark | undefined;
	readonly ended: Promise<TriggerEnd>;
}

/** Milliseconds between TERM and KILL. */
const GRACE = 5000;
/** Milliseconds between two checks of a trigger that is not our child. */
const POLL = 1000;
/** Maximum delay of Node's timers; above it they fire at once. */
const MAX_DELAY = 2 ** 31 - 1;

/** Starts a trigger with exactly the environment in `order`; it inherits nothing from karen's. */
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

/** Waits for the end of a trigger that an earlier karen started. Its exit code is unknown. */
export function followProcess(mark: ProcessMark, timeout: number, clock: Clock): Promise<TriggerEnd> {
	return withinTime(untilGone(mark, clock), mark.pid, timeout, clock);
}

async function untilGone(mark: ProcessMark, clock: Clock): Promise<TriggerEnd> {
	while (processLives(mark)) await clock.sleep(POLL);
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
			// It fails only if the group has already ended.
			if (pid !== undefined) endGroup(pid, GRACE, clock).catch(() => undefined);
		},
		Math.min(timeout, MAX_DELAY),
	);
	const end = await ended;
	clearTimeout(timer);
	return isTimeUp ? { kind: 'timed-out' } : end;
}
