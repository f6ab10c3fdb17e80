/**
 * Runs programs in their own process group, so that a time limit ends all of it: a shell that timed out may
 * leave children running. Used for triggers and hooks; run-tool.ts runs short tools.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { errnoOf } from '../../model/base/errno.ts';
import type { ProcessMark } from '../../model/signal/signal.ts';
import { bootId, type Clock } from '../clock.ts';

export interface GroupCommand {
	/** Absolute, or relative to `cwd` with a leading `./`. */
	readonly program: string;
	readonly args: readonly string[];
	/** May be `/proc/self/fd/N`, for a directory that was renamed since it was opened. */
	readonly cwd: string;
	readonly env: Readonly<Record<string, string>>;
	/** Standard input. Undefined: none. `held`: the caller writes to `child.stdin` and ends it. */
	readonly input: string | { readonly kind: 'held' } | undefined;
	/** `pipe`: the caller reads `child.stdout`. With a descriptor, stderr goes there too. */
	readonly output: 'pipe' | { readonly fd: number };
}

export type GroupEnd =
	| { readonly kind: 'exited'; readonly code: number }
	| { readonly kind: 'killed'; readonly by: string }
	/** The program never ran: missing, not executable, a wrong interpreter line. `errno` says which. */
	| { readonly kind: 'not-started'; readonly errno: string };

export interface RunningGroup {
	/** Undefined if it could not be started. */
	readonly pid: number | undefined;
	readonly child: ChildProcess;
	/**
	 * Resolves when the program itself exits, even if others of its group still run or hold its output open.
	 */
	readonly ended: Promise<GroupEnd>;
}

/** Starts a program as the leader of a new session and process group. */
export function startGroup(command: GroupCommand): RunningGroup {
	const out = command.output === 'pipe' ? 'pipe' : command.output.fd;
	const child = spawn(command.program, [...command.args], {
		cwd: command.cwd,
		env: { ...command.env },
		detached: true,
		stdio: [command.input === undefined ? 'ignore' : 'pipe', out, out],
	});
	const ended = new Promise<GroupEnd>((resolve) => {
		child.once('error', (thrown) => {
			if (child.pid === undefined) resolve({ kind: 'not-started', errno: errnoOf(thrown) });
		});
		child.once('exit', (code, signal) =>
			resolve(code === null ? { kind: 'killed', by: signal ?? 'unknown' } : { kind: 'exited', code }),
		);
	});
	feed(child, command.input);
	return { pid: child.pid, child, ended };
}

/** A program may exit without reading its input; that is not an error. */
function feed(child: ChildProcess, input: GroupCommand['input']): void {
	child.stdin?.on('error', () => undefined);
	if (typeof input === 'string') child.stdin?.end(input);
}

/** Milliseconds to wait after SIGKILL until the processes are gone. */
const KILLING = 5000;

/**
 * Ends a whole process group: TERM, then KILL after `grace` milliseconds if any process is left. Returns when
 * the group is gone, or five seconds after the KILL: a process that waits for a disk may take longer.
 */
export async function endGroup(pid: number, grace: number, clock: Clock): Promise<void> {
	signalGroup(pid, 'SIGTERM');
	await groupEnds(pid, grace, clock);
	signalGroup(pid, 'SIGKILL');
	await groupEnds(pid, KILLING, clock);
}

async function groupEnds(pid: number, patience: number, clock: Clock): Promise<void> {
	const limit = clock.monotonic() + patience;
	while (groupLives(pid) && clock.monotonic() < limit) await clock.sleep(20);
}

export function signalGroup(pid: number, signal: 'SIGTERM' | 'SIGKILL' | 'SIGINT'): void {
	signalProcess(-pid, signal);
}

function signalProcess(pid: number, signal: 'SIGTERM' | 'SIGKILL' | 'SIGINT'): void {
	try {
		process.kill(pid, signal);
	} catch (thrown) {
		if (errnoOf(thrown) !== 'ESRCH') throw thrown;
	}
}

/** Returns whether any process of the group is alive; zombies do not count. */
export function groupLives(pid: number): boolean {
	return readdirSync('/proc').some((name) => /^\d+$/.test(name) && isLivingMember(Number(name), pid));
}

function isLivingMember(pid: number, group: number): boolean {
	const fields = statFields(pid);
	return fields !== undefined && fields[2] === String(group) && fields[0] !== 'Z' && fields[0] !== 'X';
}

/**
 * An environment variable of our tools and their children: the state directory of the program that started
 * them.
 */
export const TOOL_OF = 'SIGNALBOX_TOOL_OF';

/**
 * Kills every tool that was started for this state directory, and waits up to five seconds until they are
 * gone. The caller holds the locks, so the program that started them is dead. Returns how many there were.
 */
export async function endTools(state: string, clock: Clock): Promise<number> {
	return await endProcessesWith([`${TOOL_OF}=${state}`], 0, clock);
}

/**
 * Ends every process that has all these variables (`NAME=VALUE`) in its environment, whatever its group,
 * session or parent: TERM, then KILL after `grace` milliseconds (0: at once). Repeats the KILL for up to five
 * seconds, to catch processes that forked meanwhile. Returns how many there were at first. A process that
 * clears its environment is not found.
 */
export async function endProcessesWith(
	variables: readonly string[],
	grace: number,
	clock: Clock,
): Promise<number> {
	const found = processesWith(variables);
	if (grace > 0) for (const pid of found) signalProcess(pid, 'SIGTERM');
	const patience = clock.monotonic() + grace;
	while (grace > 0 && processesWith(variables).length > 0 && clock.monotonic() < patience)
		await clock.sleep(20);
	const limit = clock.monotonic() + KILLING;
	for (
		let left = processesWith(variables);
		left.length > 0 && clock.monotonic() < limit;
		left = processesWith(variables)
	) {
		for (const pid of left) signalProcess(pid, 'SIGKILL');
		await clock.sleep(20);
	}
	return found.length;
}

function processesWith(variables: readonly string[]): readonly number[] {
	return readdirSync('/proc').flatMap((name) => {
		if (!/^\d+$/.test(name) || Number(name) === process.pid) return [];
		const environment = environmentOf(name);
		return variables.every((one) => environment.includes(one)) ? [Number(name)] : [];
	});
}

/** Empty for a process that is gone, a zombie, or another user's process. */
function environmentOf(pid: string): readonly string[] {
	try {
		return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
	} catch {
		return [];
	}
}

/**
 * The fields of /proc/PID/stat from the third (state) on; the second, the name, may contain any characters.
 */
function statFields(pid: number): string[] | undefined {
	try {
		const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
		return text.slice(text.lastIndexOf(')') + 2).split(' ');
	} catch {
		return undefined;
	}
}

/** Returns a unique identity of this process, or undefined if it is gone. */
export function markProcess(pid: number): ProcessMark | undefined {
	const startTicks = statFields(pid)?.[19];
	return startTicks === undefined ? undefined : { pid, startTicks, bootId: bootId() };
}

/** Returns whether the marked process still runs. */
export function processLives(mark: ProcessMark): boolean {
	const fields = statFields(mark.pid);
	return (
		mark.bootId === bootId() && fields?.[19] === mark.startTicks && fields[0] !== 'Z' && fields[0] !== 'X'
	);
}
