/**
 * Starts children that the caller communicates with, waits for itself, or leaves running. run-tool.ts runs
 * short tools, group.ts runs hooks and triggers.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { Account } from './sandbox.ts';

export type { ChildProcess };

/** A child whose standard input and output are pipes of the caller. */
export type PipedChild = ChildProcess & { readonly stdin: Writable; readonly stdout: Readable };

/** One standard stream of the child; a number is a descriptor of the caller. */
type Stream = 'pipe' | 'ignore' | 'inherit' | number;

export interface ChildCommand {
	readonly program: string;
	readonly args: readonly string[];
	/** Undefined: the caller's directory. */
	readonly cwd?: string;
	/** The whole environment; undefined: the caller's. */
	readonly env?: Readonly<Record<string, string>>;
	/** Standard input, output and error. */
	readonly stdio: readonly [Stream, Stream, Stream];
	/** `own`: a new session and process group, which no Ctrl-C of the caller's terminal reaches. */
	readonly group: 'own' | 'caller';
	/** The name in the command line, if it differs from `program`. */
	readonly argv0?: string;
	/** The user to run as; undefined: the caller's. Only root can choose. */
	readonly account?: Account;
}

/** Starts the program. A child without a pid could not be started, and emits `error`. */
export function startChild(
	command: ChildCommand & { readonly stdio: readonly ['pipe', 'pipe', Stream] },
): PipedChild;
export function startChild(command: ChildCommand): ChildProcess;
export function startChild(command: ChildCommand): ChildProcess {
	const { program, args, group, stdio, account, cwd, env, argv0 } = command;
	return spawn(program, [...args], {
		detached: group === 'own',
		stdio: [...stdio],
		...(cwd === undefined ? {} : { cwd }),
		...(env === undefined ? {} : { env: { ...env } }),
		...(argv0 === undefined ? {} : { argv0 }),
		...(account === undefined ? {} : { uid: account.uid, gid: account.gid }),
	});
}
