/**
 * Our own programs, as other processes start them: which there are, where each one lies, and the Node that
 * runs them.
 */
import { getCompileCacheDir } from 'node:module';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Every program of Signalbox, by its name in `dist/`, with the file under `src/` where it begins. */
export const PROGRAMS = {
	karen: 'privileged/karen/main',
	'karen-settings': 'privileged/karen/read-settings',
	updater: 'privileged/updater/main',
	setup: 'privileged/setup/main',
	fetcher: 'unprivileged/fetcher/main',
	unpacker: 'unprivileged/fetcher/unpack',
	prober: 'unprivileged/prober/main',
	manager: 'unprivileged/manager/main',
	operator: 'unprivileged/operator/main',
	'tuf-client': 'unprivileged/operator/tuf-client/main',
	author: 'author/main',
	demo: 'demo/main',
} as const;

export type Program = keyof typeof PROGRAMS;

/** This file, or the program in `dist/` that it was bundled into. */
const HERE = fileURLToPath(import.meta.url);
const IS_BUILT = extname(HERE) === '.js';

/** The directory that Signalbox is installed in: `package.json`, `karen` and `bin/` lie there. */
export const installation: string = IS_BUILT
	? dirname(dirname(HERE))
	: dirname(dirname(dirname(dirname(HERE))));

/** Returns the path of a program of this installation: built where the caller is built, else its source. */
export function programPath(program: Program): string {
	return IS_BUILT
		? join(installation, 'dist', `${program}.js`)
		: join(installation, 'src', `${PROGRAMS[program]}.ts`);
}

/** Returns what a program of ours needs in its environment to use the compile cache that its caller uses. */
export function cacheEnvironment(): Record<string, string> {
	const cache = getCompileCacheDir();
	return cache === undefined ? {} : { NODE_COMPILE_CACHE: dirname(cache) };
}

/** Returns the Node that runs us: a program of ours is `nodeProgram` with its path as the first argument. */
export const nodeProgram: string = process.execPath;

/**
 * `./karen` of this installation: the one file that knows the Node flags for karen. Its arguments are
 * karen's.
 */
export const karenLauncher: string = join(installation, 'karen');
