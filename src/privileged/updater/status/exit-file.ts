/** How a request ended, on disk: karen, who asked for it, may have been restarted meanwhile and cannot see the exit code. */

import { recordOf } from '../../../model/base/error.ts';
import type { ExitCode } from '../../../model/base/error-codes.ts';
import { replaceDurably } from '../../../system/files/files.ts';
import type { World } from '../world.ts';

/** Writes the exit code where karen looks for it. The caller still holds the locks: while it does, karen waits. */
export function writeExitFile({ endFile, log }: Pick<World, 'endFile' | 'log'>, code: ExitCode): void {
	if (endFile === undefined) return;
	try {
		replaceDurably(endFile, `${code}\n`);
	} catch (thrown) {
		log.problem(recordOf(thrown), {
			what: 'karen cannot be told how this ended, should she be restarted now',
		});
	}
}
