/**
 * The programs of the bench: peers that the machine must bring, and the C programs that are compiled for the
 * run.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export type Tool = 'gcc' | 'inotifywait' | 'fswatch';

/** The Debian package that brings each tool. */
export const PACKAGES: Readonly<Record<Tool, string>> = {
	gcc: 'gcc',
	inotifywait: 'inotify-tools',
	fswatch: 'fswatch',
};

export function hasTool(tool: Tool): boolean {
	return (process.env['PATH'] ?? '')
		.split(delimiter)
		.some((directory) => isExecutable(join(directory, tool)));
}

function isExecutable(path: string): boolean {
	try {
		accessSync(path, constants.X_OK);
		return true;
	} catch {
		return false;
	}
}

/** Absolute path of a file of the repository, given relative to `bench/`. */
export function benchPath(name: string): string {
	return fileURLToPath(new URL(`../${name}`, import.meta.url));
}

export interface Programs {
	/** Our watcher without a limit to what it leaves out. */
	readonly floor: string;
	/** Triggers by the prefix of the signals that they answer. */
	readonly triggers: Readonly<Record<Prefix, string>>;
}

/** `app`: stamps and ends. `brief`, `storm`: stamp, stay for LINGER milliseconds, stamp again. */
export type Prefix = 'app' | 'brief' | 'storm';

export const LINGER = { brief: 50, storm: 200 } as const;

/** Compiles the C programs into a directory. Takes half a second. */
export function compile(directory: string): Programs {
	const stamp = benchPath('peers/stamp.c');
	return {
		floor: compiled(directory, 'floor', benchPath('peers/floor.c'), []),
		triggers: {
			app: compiled(directory, 'app', stamp, []),
			brief: compiled(directory, 'brief', stamp, [`-DLINGER_MS=${LINGER.brief}`]),
			storm: compiled(directory, 'storm', stamp, [`-DLINGER_MS=${LINGER.storm}`]),
		},
	};
}

function compiled(directory: string, name: string, source: string, flags: readonly string[]): string {
	const program = join(directory, name);
	const ended = spawnSync('gcc', ['-O2', '-static', '-Wall', ...flags, '-o', program, source], {
		encoding: 'utf8',
		timeout: 60_000,
	});
	if (ended.status !== 0) throw new Error(`gcc ${source}: ${ended.stderr || ended.error?.message}`);
	return program;
}
