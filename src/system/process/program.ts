/** Our own programs, as other processes start them: the Node that runs us, and a file of this very tree. */
import { getCompileCacheDir } from 'node:module';
import { dirname, extname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Returns the path of a program of ours; `name` is relative to the caller (`import.meta.url`) and has no ending. */
export function programPath(caller: string, name: string): string {
	const file = fileURLToPath(new URL(name, caller));
	return `${file}${extname(fileURLToPath(caller))}`;
}

/**
 * Returns what a program of ours needs in its environment to use the compile cache that we use: stripping types anew takes
 * longer than most of what such a program does.
 */
export function cacheEnvironment(): Record<string, string> {
	const cache = getCompileCacheDir();
	return cache === undefined ? {} : { NODE_COMPILE_CACHE: dirname(cache) };
}

/** Returns the Node that runs us: a program of ours is `nodeProgram` with its path as the first argument. */
export const nodeProgram: string = process.execPath;

/** `./karen` of this very tree: the one place that knows what Node is told when it runs karen. Its arguments are karen's. */
export const karenLauncher: string = fileURLToPath(new URL('../../../karen', import.meta.url));
