/**
 * Runs commands under killat.c: all that they change below some paths is counted, and broken off at one call.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';

export type Errno = 'ENOSPC' | 'EIO' | 'EROFS' | 'EMFILE';

export type Fault =
	| { readonly kind: 'kill'; readonly at: number; readonly when: 'before' | 'after' }
	/** `once`: that call alone fails; `on`: and all that count after it. */
	| { readonly kind: 'error'; readonly at: number; readonly errno: Errno; readonly how: 'once' | 'on' };

export interface CountedRun {
	/** The program and its arguments. */
	readonly command: readonly [string, ...string[]];
	readonly cwd: string;
	readonly input: string;
	readonly env: Readonly<Record<string, string>>;
	/** Real absolute paths: what is changed at or below them counts. */
	readonly below: readonly string[];
	readonly fault?: Fault;
	/**
	 * Where the list of calls and the result are written: a path to which endings are added. Not below `below`.
	 */
	readonly log: string;
	/** Seconds. */
	readonly limit: number;
}

export interface CountedEnd {
	/** 137: killed at the fault; 124: ran into its limit. */
	readonly code: number;
	/** Whether the fault's call was reached. */
	readonly reached: boolean;
	/** A line a call: its number from 1, the process, the name, the paths. */
	readonly calls: readonly string[];
	/** The commands that the program left running when it ended. */
	readonly left: readonly string[];
	readonly stdout: string;
	readonly stderr: string;
	readonly milliseconds: number;
}

/** Compiles killat into a directory and returns its path. Throws when there is no compiler. */
export function compileKillat(dir: string): string {
	const program = join(dir, 'killat');
	const source = join(import.meta.dirname, 'killat.c');
	const ended = spawnSync('gcc', ['-O2', '-Wall', '-o', program, source], {
		encoding: 'utf8',
		timeout: 110_000,
	});
	if (ended.error !== undefined)
		throw new Error(
			'cannot compile killat.c: gcc is missing; install gcc and libc6-dev (Debian: apt-get install gcc libc6-dev)',
		);
	if (ended.status !== 0) throw new Error(`cannot compile killat.c:\n${ended.stderr}`);
	return program;
}

/** Runs a command to its end, or to the fault's. */
export async function runCounted(killat: string, run: CountedRun): Promise<CountedEnd> {
	const [log, result] = [`${run.log}.calls`, `${run.log}.result`];
	for (const path of [log, result]) rmSync(path, { force: true });
	const paths = run.below.flatMap((path) => ['-p', path]);
	const files = ['-l', log, '-o', result, '-t', String(run.limit)];
	const began = performance.now();
	const { stdout, stderr } = await spawned(
		killat,
		[...paths, ...faultArguments(run.fault), ...files, '--', ...run.command],
		run,
	);
	const milliseconds = performance.now() - began;
	if (!existsSync(result))
		throw new Error(`killat did not come to its end: ${run.command.join(' ')}\n${stderr}`);
	const [head = '', ...left] = readFileSync(result, 'utf8').trimEnd().split('\n');
	const [, fired, code] = head.split(' ').map(Number);
	const calls = readFileSync(log, 'utf8').split('\n').slice(0, -1);
	return { code: code ?? 2, reached: fired === 1, calls, left, stdout, stderr, milliseconds };
}

function faultArguments(fault: Fault | undefined): readonly string[] {
	switch (fault?.kind) {
		case undefined:
			return [];
		case 'kill':
			return ['-n', String(fault.at), ...(fault.when === 'after' ? ['-a'] : [])];
		case 'error':
			return [
				'-n',
				String(fault.at),
				'-e',
				String(constants.errno[fault.errno]),
				...(fault.how === 'on' ? ['-s'] : []),
			];
	}
}

function spawned(
	program: string,
	args: readonly string[],
	run: CountedRun,
): Promise<{ stdout: string; stderr: string }> {
	const child = spawn(program, [...args], {
		cwd: run.cwd,
		env: { ...run.env },
		stdio: ['pipe', 'pipe', 'pipe'],
	});
	const output = { stdout: '', stderr: '' };
	child.stdin.on('error', () => undefined);
	child.stdin.end(run.input);
	child.stdout.on('data', (piece) => (output.stdout += piece));
	child.stderr.on('data', (piece) => (output.stderr += piece));
	return new Promise((done, reject) => {
		child.once('error', reject);
		child.once('close', () => done(output));
	});
}
