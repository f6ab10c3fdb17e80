/** Debian's own tools, run as people run them. One that is missing is a failure. */
import { spawnSync } from 'node:child_process';

export interface Ended {
	readonly status: number | null;
	readonly said: string;
}

/** Runs a tool to its end. `input` is what it asks for: passphrases, a line each. */
export function run(cwd: string, input: string, program: string, ...args: readonly string[]): Ended {
	const env = { PATH: '/usr/bin:/bin', HOME: cwd, LC_ALL: 'C' };
	const ended = spawnSync(program, args, { cwd, env, input, encoding: 'utf8', timeout: 120_000 });
	if (ended.error !== undefined) throw ended.error;
	return { status: ended.status, said: `${ended.stdout}${ended.stderr}` };
}

/** The same, for what must not fail. */
export function must(cwd: string, input: string, program: string, ...args: readonly string[]): string {
	const { status, said } = run(cwd, input, program, ...args);
	if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}: ${said}`);
	return said;
}
