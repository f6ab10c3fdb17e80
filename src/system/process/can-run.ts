/** Checks whether a program is installed. */
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';

/** Returns whether `program`, a path or a name looked up in the directories of `path`, can be executed. */
export function canRun(program: string, path: readonly string[]): boolean {
	const candidates = program.includes('/') ? [program] : path.map((dir) => join(dir, program));
	return candidates.some((candidate) => {
		try {
			accessSync(candidate, constants.X_OK);
			return true;
		} catch {
			return false;
		}
	});
}
