/** Runs short system tools (git, rsync, sync) without a shell, with a time limit and bounded output. */
import { existsSync } from 'node:fs';
import { execa } from 'execa';
import { problem } from '../../model/base/error.ts';
import type { ErrorCode } from '../../model/base/error-codes.ts';
import type { ChildProcess } from './child.ts';
import { signalGroup } from './group.ts';

export interface ToolRun {
	readonly program: string;
	readonly args: readonly string[];
	/** The whole environment: none of ours is inherited. */
	readonly env: Readonly<Record<string, string>>;
	readonly cwd?: string;
	readonly input?: string | Uint8Array;
	/** Milliseconds. */
	readonly timeout: number;
	/** Maximum bytes of stdout; more is an error. */
	readonly maxOutput?: number;
	readonly signal?: AbortSignal;
	/** Called with each piece of stderr, where git prints its progress. */
	readonly onStderr?: (piece: string) => void;
}

export type ToolEnd =
	| { readonly kind: 'done'; readonly stdout: string }
	| { readonly kind: 'failed'; readonly exitCode: number; readonly stdout: string; readonly stderr: string }
	| { readonly kind: 'timed-out'; readonly stderr: string };

const OUTPUT_MAX = 64 * 1024 * 1024;

/** Milliseconds to wait for output that a daemon started by the tool holds open. */
const LAST_WORDS = 1000;

/**
 * Runs a tool, and ends what it leaves running: a child that holds the output open (ssh under a git that
 * timed out) must not make us wait forever. Throws `tool-missing` if the program is not installed.
 */
export async function runTool(run: ToolRun): Promise<ToolEnd> {
	const running = execa(run.program, [...run.args], {
		env: { ...run.env },
		extendEnv: false,
		reject: false,
		detached: true,
		stripFinalNewline: false,
		timeout: run.timeout,
		forceKillAfterDelay: 2000,
		maxBuffer: { stdout: run.maxOutput ?? OUTPUT_MAX, stderr: OUTPUT_MAX },
		...(run.cwd === undefined ? {} : { cwd: run.cwd }),
		...(run.input === undefined ? { stdin: 'ignore' } : { input: run.input }),
		...(run.signal === undefined ? {} : { cancelSignal: run.signal }),
	});
	if (run.onStderr !== undefined)
		running.stderr?.on('data', (piece: Buffer) => run.onStderr?.(piece.toString('utf8')));
	endLeftovers(running.nodeChildProcess);
	const result = await running;
	if (result.timedOut) return { kind: 'timed-out', stderr: tail(result.stderr) };
	if (result.exitCode === 0 && !result.isMaxBuffer) return { kind: 'done', stdout: result.stdout };
	if (result.code === 'ENOENT' && (run.cwd === undefined || existsSync(run.cwd)))
		throw toolMissing(run.program);
	return {
		kind: 'failed',
		exitCode: result.exitCode ?? -1,
		stdout: result.stdout,
		stderr: tail(result.stderr || (result.shortMessage ?? '')),
	};
}

function endLeftovers(child: ChildProcess): void {
	child.once('exit', () => {
		if (child.pid !== undefined) signalGroup(child.pid, 'SIGKILL');
		const limit = setTimeout(() => {
			child.stdout?.destroy();
			child.stderr?.destroy();
		}, LAST_WORDS);
		child.once('close', () => clearTimeout(limit));
	});
}

/** Runs a tool that is expected to succeed. Otherwise throws `code` with the end of its stderr. */
export async function runOrFail(run: ToolRun, code: ErrorCode, hint: string): Promise<string> {
	const end = await runTool(run);
	if (end.kind === 'done') return end.stdout;
	const why =
		end.kind === 'timed-out' ? `did not end within ${run.timeout} ms` : `ended with ${end.exitCode}`;
	throw problem(code, `${run.program} ${why}: ${end.stderr.trim().split('\n').at(-1) ?? ''}`, hint, {
		retry: 'later',
		facts: { program: run.program, stderr: end.stderr },
	});
}

export function toolMissing(program: string): Error {
	return problem(
		'tool-missing',
		`cannot run ${program}: there is no such program`,
		`install ${program} (Debian: apt-get install ${program})`,
		{
			facts: { program },
		},
	);
}

function tail(text: string): string {
	return text.slice(-2000);
}
