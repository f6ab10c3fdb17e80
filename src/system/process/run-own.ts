/** Runs one of our own programs to its end without loading execa: karen, who stays in memory, uses it. */
import { execFile } from 'node:child_process';
import { cacheEnvironment, nodeProgram, type Program, programPath } from './program.ts';

export interface OwnRun {
	readonly program: Program;
	readonly args: readonly string[];
	/** Milliseconds. */
	readonly timeout: number;
	/** Bytes of output that are kept; more ends the program. */
	readonly maxOutput: number;
}

export interface OwnEnd {
	/** `failed`: it exited with another code than 0, was killed, or could not be started. */
	readonly kind: 'done' | 'failed';
	readonly stdout: string;
	readonly stderr: string;
}

/** Returns how the program ended and what it printed. Never throws. */
export function runOwn({ program, args, timeout, maxOutput }: OwnRun): Promise<OwnEnd> {
	const env = { PATH: '/usr/bin:/bin', ...cacheEnvironment() };
	const limits = { timeout, maxBuffer: maxOutput, killSignal: 'SIGKILL' } as const;
	return new Promise((resolve) => {
		execFile(nodeProgram, [programPath(program), ...args], { env, ...limits }, (failed, stdout, stderr) =>
			resolve({ kind: failed === null ? 'done' : 'failed', stdout, stderr }),
		);
	});
}
