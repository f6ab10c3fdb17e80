/** Runs tools synchronously: the caller blocks until they exit. Only for tools that take milliseconds. */
import { spawnSync } from 'node:child_process';

export interface SyncRun {
	readonly program: string;
	readonly args: readonly string[];
	readonly env: Readonly<Record<string, string>>;
	readonly cwd?: string;
	/** Descriptors that the tool inherits as 3, 4 …; it gets no standard streams. */
	readonly descriptors?: readonly number[];
	/** Milliseconds. */
	readonly timeout: number;
}

export type SyncEnd =
	| { readonly kind: 'exited'; readonly code: number }
	/** It could not be started, or was killed by a signal or the time limit. */
	| { readonly kind: 'failed'; readonly why: string };

/** Runs a tool and returns how it ended. Never throws. */
export function runSync({ program, args, env, cwd, descriptors = [], timeout }: SyncRun): SyncEnd {
	const ended = spawnSync(program, [...args], {
		env: { ...env },
		stdio: ['ignore', 'ignore', 'ignore', ...descriptors],
		timeout,
		...(cwd === undefined ? {} : { cwd }),
	});
	if (ended.status !== null) return { kind: 'exited', code: ended.status };
	return { kind: 'failed', why: ended.error?.message ?? 'killed' };
}
