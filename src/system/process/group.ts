/**
 * Programs that get a process group of their own, so that a limit ends all of it: a timed-out shell is not
 * dead while its children hold on. Used for triggers and hooks; short tools go through run-tool.ts.
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
	/** May be `/proc/self/fd/N`: a directory that was renamed since it was opened. */
	readonly cwd: string;
	readonly env: Readonly<Record<string, string>>;
	/**
	 * What the program reads; undefined: nothing; `held`: what the caller writes to `child.stdin`, and ends.
	 */
	readonly input: string | { readonly kind: 'held' } | undefined;
	/** `pipe`: the caller reads `child.stdout` (stderr goes there too where `output` is a descriptor). */
	readonly output: 'pipe' | { readonly fd: number };
}

export type GroupEnd =
	| { readonly kind: 'exited'; readonly code: number }
	| { readonly kind: 'killed'; readonly by: string }
	/** It never ran: missing, not executable, a wrong interpreter line. `errno` says which. */
	| { readonly kind: 'not-started'; readonly errno: string };

export interface RunningGroup {
	/** Undefined when it could not be started. */
	readonly pid: number | undefined;
	readonly child: ChildProcess;
	/**
	 * Resolves when the program itself ends, whoever else of its group still lives or holds its output open.
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

/** A program may end without reading its input; that is its right and no error. */
function feed(child: ChildProcess, input: GroupCommand['input']): void {
	child.stdin?.on('error', () => undefined);
	if (typeof input === 'string') child.stdin?.end(input);
}

/** How long what was killed may take to be gone, in milliseconds. */
const KILLING = 5000;

/**
 * Ends a whole process group: TERM, then KILL after `grace` milliseconds if any of it is left. Returns when
 * it is gone, or five seconds after the KILL: one that waits for a disk may take longer.
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

/** Returns whether any process of the group lives; zombies do not count. */
export function groupLives(pid: number): boolean {
	return readdirSync('/proc').some((name) => /^\d+$/.test(name) && isLivingMember(Number(name), pid));
}

function isLivingMember(pid: number, group: number): boolean {
	const fields = statFields(pid);
	return fields !== undefined && fields[2] === String(group) && fields[0] !== 'Z' && fields[0] !== 'X';
}

/**
 * In the environment of our tools: the state directory of the program that runs them. Their own children have
 * it too.
 */
export const TOOL_OF = 'SIGNALBOX_TOOL_OF';

/**
 * Kills every tool that was started for this state directory, and waits until they are gone, five seconds at
 * most. The caller holds the locks: whoever started them can only be dead. Returns how many there were.
 */
export async function endTools(state: string, clock: Clock): Promise<number> {
	return await endCarriers([`${TOOL_OF}=${state}`], 0, clock);
}

/**
 * Ends every process that has all of `carried` (`NAME=VALUE`) in its environment, whatever group, session or
 * parent it took: TERM, then KILL after `grace` milliseconds (0: at once), again and again until none is
 * left, five seconds at most: what forks meanwhile is met by the next look. Returns how many there were.
 * Whoever empties its environment is not found.
 */
export async function endCarriers(carried: readonly string[], grace: number, clock: Clock): Promise<number> {
	const found = transportsOf(carried);
	if (grace > 0) for (const pid of found) signalProcess(pid, 'SIGTERM');
	const patience = clock.monotonic() + grace;
	while (grace > 0 && transportsOf(carried).length > 0 && clock.monotonic() < patience) await clock.sleep(20);
	const limit = clock.monotonic() + KILLING;
	for (
		let left = transportsOf(carried);
		left.length > 0 && clock.monotonic() < limit;
		left = transportsOf(carried)
	) {
		for (const pid of left) signalProcess(pid, 'SIGKILL');
		await clock.sleep(20);
	}
	return found.length;
}

function transportsOf(carried: readonly string[]): readonly number[] {
	return readdirSync('/proc').flatMap((name) => {
		if (!/^\d+$/.test(name) || Number(name) === process.pid) return [];
		const environment = environmentOf(name);
		return carried.every((one) => environment.includes(one)) ? [Number(name)] : [];
	});
}

/** Empty for a process that is gone, a zombie, or another user's. */
function environmentOf(pid: string): readonly string[] {
	try {
		return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
	} catch {
		return [];
	}
}

/** The fields of /proc/PID/stat from the third (state) on; the second, the name, may hold anything. */
function statFields(pid: number): string[] | undefined {
	try {
		const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
		return text.slice(text.lastIndexOf(')') + 2).split(' ');
	} catch {
		return undefined;
	}
}

/** Returns what names this process for good, or undefined when it is gone. */
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
