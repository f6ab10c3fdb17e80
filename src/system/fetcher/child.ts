/** Starts the fetcher, and explains when it cannot start or has ended. */
import { problem } from '../../model/base/error.ts';
import type { FetchSettings } from '../../model/publication/fetch-protocol.ts';
import { findClosed } from '../access/readable-by.ts';
import { type ChildProcess, startChild } from '../process/child.ts';
import { TOOL_OF } from '../process/group.ts';
import { nodeProgram } from '../process/program.ts';
import { type Account, sandboxed } from '../process/sandbox.ts';
import { threadsOf } from '../process/threads.ts';

export interface ChildPlace {
	/** A program of src/unprivileged/fetcher. */
	readonly program: string;
	/** The state directory of the updater that starts it. */
	readonly state: string;
	readonly account: Account | undefined;
}

export interface FetcherNeeds extends ChildPlace {
	readonly settings: FetchSettings;
}

/** Memory for Node besides its reserved address space, for bodies in chunks of 64 KB. */
const LIMITS = { data: 1024 ** 3, file: 0, processes: 128, openFiles: 256 };
const HEAP_MB = 96;
/** Threads that a Node process starts, with a margin. */
const NODE_THREADS = 16;

export interface ChildNeeds extends ChildPlace {
	readonly args: readonly string[];
	/** Its standard input: a pipe of ours, or a file. */
	readonly input: 'pipe' | number;
	/** Whether it may start programs; they have no more rights than it has. */
	readonly programs: 'none' | 'some';
}

/**
 * Starts the child in its directory, in its own process group. Node's permission model also denies files,
 * programs and threads.
 */
export function startUntrusted(
	{ program, args, state, account, input, programs }: ChildNeeds,
	home: string,
): ChildProcess {
	const denied = [
		'--no-warnings',
		'--permission',
		'--allow-fs-read=*',
		...(programs === 'some' ? ['--allow-child-process'] : []),
	];
	const node = [nodeProgram, `--max-old-space-size=${HEAP_MB}`, ...denied, program, ...args];
	const command = sandboxed(node, { account, ...LIMITS });
	return startChild({
		...command,
		cwd: home,
		env: { PATH: '/usr/bin:/bin', HOME: '/nonexistent', LANG: 'C.UTF-8', [TOOL_OF]: state },
		group: 'own',
		stdio: [input, 'pipe', 'pipe'],
	});
}

/**
 * Returns the error for a fetcher that ended early or broke the protocol. `said` is the end of its stderr.
 */
export function failed(why: string, said: string): Error {
	return problem(
		'fetcher-failed',
		`cannot continue reading the source: the fetcher has ended: ${why}`,
		'try again; if it happens again, read the facts in the log',
		{
			retry: 'later',
			facts: { why, said: printable(said) },
		},
	);
}

/**
 * Returns the error for a fetcher that never started: usually it cannot read our files, or its user runs
 * other programs.
 */
export function notStarted({ program, account }: ChildPlace, why: string, said: string): Error {
	if (account === undefined) return failed(why, said);
	const { uid } = account;
	const closed = findClosed(nodeProgram, account) ?? findClosed(program, account);
	if (closed !== undefined) {
		const hint = `make ${closed} readable for all users (chmod o+rX), install Signalbox elsewhere, or name a user in fetcher.user who can read it`;
		return problem(
			'fetcher-unready',
			`cannot read the source: the fetcher cannot read ${closed}, and needs Signalbox’s own files`,
			hint,
			{ facts: { closed, uid } },
		);
	}
	const threads = threadsOf(uid);
	if (threads + NODE_THREADS <= LIMITS.processes) return failed(why, said);
	return problem(
		'fetcher-unready',
		`cannot read the source: the fetcher’s user (${uid}) runs other programs, which have ${threads} of its ${LIMITS.processes} threads`,
		'name a user in fetcher.user who runs nothing else: `signalbox init` creates signalbox-fetcher',
		{ facts: { threads, uid } },
	);
}

/** The stderr of the fetcher goes into the log only, without control characters. */
function printable(said: string): string {
	return said.replaceAll(/[^\x20-\x7E\n]/g, '?').trim();
}
