/**
 * The programs of Signalbox as other processes start them: their names, their paths, and the Node that runs
 * them.
 */
import { getCompileCacheDir } from 'node:module';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Every program of Signalbox: its name in `dist/`, and its entry point under `src/`. */
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

/** The installation directory, which contains `package.json`, `karen` and `bin/`. */
export const installation: string = IS_BUILT
	? dirname(dirname(HERE))
	: dirname(dirname(dirname(dirname(HERE))));

/**
 * Returns the path of a program of this installation: the built file if the caller is built, otherwise its
 * source.
 */
export function programPath(program: Program): string {
	return IS_BUILT
		? join(installation, 'dist', `${program}.js`)
		: join(installation, 'src', `${PROGRAMS[program]}.ts`);
}

/** Returns the environment variables that let a program use the compile cache of its caller. */
export function cacheEnvironment(): Record<string, string> {
	const cache = getCompileCacheDir();
	return cache === undefined ? {} : { NODE_COMPILE_CACHE: dirname(cache) };
}

/**
 * Returns the Node that runs this process: one of our programs is started as `nodeProgram` with its path as
 * the first argument.
 */
export const nodeProgram: string = process.execPath;

/**
 * The `./karen` launcher of this installation, the one file that contains the Node flags for karen. It passes
 * its arguments on to karen.
 */
export const karenLauncher: string = join(installation, 'karen');
