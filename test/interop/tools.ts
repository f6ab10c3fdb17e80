/** Runs Debian's own tools. A missing tool fails the test. */
import { spawnSync } from 'node:child_process';

export interface Ended {
	readonly status: number | null;
	readonly said: string;
}

/** Runs a tool to its end. `input` answers its questions, such as passphrases, one per line. */
export function run(cwd: string, input: string, program: string, ...args: readonly string[]): Ended {
	const env = { PATH: '/usr/bin:/bin', HOME: cwd, LC_ALL: 'C' };
	const ended = spawnSync(program, args, { cwd, env, input, encoding: 'utf8', timeout: 120_000 });
	if (ended.error !== undefined) throw ended.error;
	return { status: ended.status, said: `${ended.stdout}${ended.stderr}` };
}

/** Runs a tool that must succeed. */
export function must(cwd: string, input: string, program: string, ...args: readonly string[]): string {
	const { status, said } = run(cwd, input, program, ...args);
	if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}: ${said}`);
	return said;
}
