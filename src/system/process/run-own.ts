/** Runs one of our own programs without loading execa, because karen stays in memory and uses it. */
import { execFile } from 'node:child_process';
import { cacheEnvironment, nodeProgram, type Program, programPath } from './program.ts';

export interface OwnRun {
	readonly program: Program;
	readonly args: readonly string[];
	/** Milliseconds. */
	readonly timeout: number;
	/** Maximum bytes of output; more ends the program. */
	readonly maxOutput: number;
}

export interface OwnEnd {
	/** `failed`: it exited with a non-zero code, was killed, or could not be started. */
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
