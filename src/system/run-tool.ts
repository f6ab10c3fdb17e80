/** Short tools of the system (git, rsync, sync): run without a shell, with a limit, their output bounded. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { type ErrorCode, problem } from '../model/error.ts';
import { errnoOf } from './files.ts';
import { type GroupEnd, signalGroup } from './process-group.ts';

export interface ToolRun {
	readonly program: string;
	readonly args: readonly string[];
	/** The whole environment: nothing of ours is passed on. */
	readonly env: Readonly<Record<string, string>>;
	readonly cwd?: string;
	readonly input?: string;
	/** Milliseconds. */
	readonly timeout: number;
	/** Bytes of stdout that are kept; more is an error. */
	readonly maxOutput?: number;
	readonly signal?: AbortSignal;
	/** Called with each piece of error output, as git prints its progress there. */
	readonly onStderr?: (piece: string) => void;
}

export type ToolEnd =
	| { readonly kind: 'done'; readonly stdout: string }
	| { readonly kind: 'failed'; readonly exitCode: number; readonly stdout: string; readonly stderr: string }
	| { readonly kind: 'timed-out'; readonly stderr: string };

const OUTPUT_MAX = 64 * 1024 * 1024;

/** How much of the end of the error output is kept, in characters. */
const TAIL = 2000;

/** How long a tool has between TERM and KILL, in milliseconds. */
const GRACE = 2000;

/** How long, in milliseconds, output is awaited that a daemon made by the tool holds open. */
const LAST_WORDS = 1000;

/**
 * Runs a tool to its end. What it leaves running is ended with it: a child that holds the output open (ssh under a git
 * that ran into its limit) must not make us wait for ever. Throws `tool-missing` when there is no such program.
 */
export async function runTool(run: ToolRun): Promise<ToolEnd> {
	const tool = start(run);
	const stopper = new Stopper(tool, run);
	const output = new Output(tool, run, () => stopper.stop('too much output'));
	const ended = await endOf(tool).finally(() => stopper.forget());
	if (stopper.why === 'time') return { kind: 'timed-out', stderr: output.stderr };
	if (ended.kind === 'exited' && ended.code === 0 && stopper.why === undefined) return { kind: 'done', stdout: output.stdout() };
	if (ended.kind === 'not-started' && ended.errno === 'ENOENT' && (run.cwd === undefined || existsSync(run.cwd)))
		throw toolMissing(run.program);
	return {
		kind: 'failed',
		exitCode: ended.kind === 'exited' && stopper.why === undefined ? ended.code : -1,
		stdout: output.stdout(),
		stderr: output.stderr || sentenceOf(run, ended, stopper.why),
	};
}

function start(run: ToolRun): ChildProcess {
	const tool = spawn(run.program, [...run.args], {
		env: { ...run.env },
		detached: true,
		stdio: [run.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
		...(run.cwd === undefined ? {} : { cwd: run.cwd }),
	});
	// A tool may end without reading what it is given; that is its right and no error.
	tool.stdin?.on('error', () => undefined);
	tool.stdin?.end(run.input);
	return tool;
}

type Stop = 'time' | 'abort' | 'too much output';

/** Ends a tool before its time, TERM first, and knows why. */
class Stopper {
	readonly #tool: ChildProcess;
	readonly #run: ToolRun;
	readonly #limit: NodeJS.Timeout;
	#kill: NodeJS.Timeout | undefined;
	why: Stop | undefined;

	constructor(tool: ChildProcess, run: ToolRun) {
		this.#tool = tool;
		this.#run = run;
		this.#limit = setTimeout(() => this.stop('time'), run.timeout);
		run.signal?.addEventListener('abort', this.#abort);
		if (run.signal?.aborted === true) this.#abort();
	}

	readonly #abort = () => this.stop('abort');

	stop(why: Stop): void {
		if (this.why !== undefined) return;
		this.why = why;
		this.#tool.kill('SIGTERM');
		this.#kill = setTimeout(() => this.#tool.kill('SIGKILL'), GRACE);
	}

	forget(): void {
		clearTimeout(this.#limit);
		clearTimeout(this.#kill);
		this.#run.signal?.removeEventListener('abort', this.#abort);
	}
}

/** What a tool prints: all of the one, up to its limit, and the end of the other. */
class Output {
	readonly #pieces: Buffer[] = [];
	#room: number;
	stderr = '';

	constructor(tool: ChildProcess, run: ToolRun, onTooMuch: () => void) {
		this.#room = run.maxOutput ?? OUTPUT_MAX;
		tool.stdout?.on('data', (piece: Buffer) => {
			this.#pieces.push(piece.subarray(0, this.#room));
			if (piece.length > this.#room) onTooMuch();
			this.#room = Math.max(0, this.#room - piece.length);
		});
		tool.stderr?.setEncoding('utf8').on('data', (piece: string) => {
			this.stderr = `${this.stderr}${piece}`.slice(-TAIL);
			run.onStderr?.(piece);
		});
	}

	stdout(): string {
		return Buffer.concat(this.#pieces).toString('utf8');
	}
}

/** Resolves when a tool has ended and its outputs are closed, by it or by us. */
async function endOf(tool: ChildProcess): Promise<GroupEnd> {
	return await new Promise((resolve) => {
		tool.once('error', (thrown) => {
			if (tool.pid === undefined) resolve({ kind: 'not-started', errno: errnoOf(thrown) });
		});
		tool.once('exit', (code, signal) => {
			if (tool.pid !== undefined) signalGroup(tool.pid, 'SIGKILL');
			const limit = setTimeout(() => {
				tool.stdout?.destroy();
				tool.stderr?.destroy();
			}, LAST_WORDS);
			tool.once('close', () => {
				clearTimeout(limit);
				resolve(code === null ? { kind: 'killed', by: signal ?? 'unknown' } : { kind: 'exited', code });
			});
		});
	});
}

/** What is told of a tool that failed without a word. */
function sentenceOf(run: ToolRun, ended: GroupEnd, why: Stop | undefined): string {
	if (why !== undefined) return `${run.program} was ended: ${why}`;
	switch (ended.kind) {
		case 'exited':
			return '';
		case 'killed':
			return `${run.program} was killed by ${ended.by}`;
		case 'not-started':
			return `${run.program} could not be started${run.cwd === undefined ? '' : ` in ${run.cwd}`}: ${ended.errno}`;
	}
}

/** Runs a tool that has no reason to fail. Throws `code` with the end of its error output when it does. */
export async function runOrFail(run: ToolRun, code: ErrorCode, hint: string): Promise<string> {
	const end = await runTool(run);
	if (end.kind === 'done') return end.stdout;
	const why = end.kind === 'timed-out' ? `did not end within ${run.timeout} ms` : `ended with ${end.exitCode}`;
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
