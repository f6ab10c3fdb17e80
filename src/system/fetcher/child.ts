/** How the fetcher is started, and what is said when it cannot be, or is gone. */
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
	/** The state directory of those who run it. */
	readonly state: string;
	readonly account: Account | undefined;
}

export interface FetcherNeeds extends ChildPlace {
	readonly settings: FetchSettings;
}

/** What Node needs besides its reserve, for bodies in pieces of 64 KB. */
const LIMITS = { data: 1024 ** 3, file: 0, processes: 128, openFiles: 256 };
const HEAP_MB = 96;
/** What a Node process starts of them, and some to spare. */
const NODE_THREADS = 16;

export interface ChildNeeds extends ChildPlace {
	readonly args: readonly string[];
	/** What its standard input is: ours to write, or a file. */
	readonly input: 'pipe' | number;
	/** Whether it runs programs, which have no more rights than it. */
	readonly programs: 'none' | 'some';
}

/** Starts the child in its directory, as the leader of a group of its own. Node itself denies it files, programs and threads besides. */
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

/** It broke off, or the protocol. `said` is the end of its error output. */
export function failed(why: string, said: string): Error {
	return problem(
		'fetcher-failed',
		`cannot go on reading the source: the fetcher is gone: ${why}`,
		'ask again; if it stays so, look at the facts',
		{
			retry: 'later',
			facts: { why, said: printable(said) },
		},
	);
}

/** It never was ready: mostly because it cannot read our own files, or because its user is somebody else’s too. */
export function notStarted({ program, account }: ChildPlace, why: string, said: string): Error {
	if (account === undefined) return failed(why, said);
	const { uid } = account;
	const closed = findClosed(nodeProgram, account) ?? findClosed(program, account);
	if (closed !== undefined) {
		const hint = `open ${closed} to all for reading (chmod o+rX), or install Signalbox elsewhere; or name a user in fetcher.user who may read it`;
		return problem(
			'fetcher-unready',
			`cannot read the source: ${closed} is closed to the fetcher, which needs Signalbox’s own files`,
			hint,
			{ facts: { closed, uid } },
		);
	}
	const threads = threadsOf(uid);
	if (threads + NODE_THREADS <= LIMITS.processes) return failed(why, said);
	return problem(
		'fetcher-unready',
		`cannot read the source: the fetcher’s user (${uid}) runs other programs, with ${threads} of the ${LIMITS.processes} threads that it may have`,
		'name a user in fetcher.user who runs nothing else: `signalbox init` makes signalbox-fetcher',
		{ facts: { threads, uid } },
	);
}

/** Its error output is for the log alone, and nothing in it may steer a terminal. */
function printable(said: string): string {
	return said.replaceAll(/[^\x20-\x7E\n]/g, '?').trim();
}
