/**
 * The exit code of a request, on disk: karen may have been restarted since she started it, and then cannot
 * see the exit code.
 */

import { recordOf } from '../../../model/base/error.ts';
import type { ExitCode } from '../../../model/base/error-codes.ts';
import { replaceDurably } from '../../../system/files/replace-file.ts';
import type { World } from '../world.ts';

/** Writes the exit code for karen. Requires the locks: karen waits while they are held. */
export function writeExitFile({ endFile, log }: Pick<World, 'endFile' | 'log'>, code: ExitCode): void {
	if (endFile === undefined) return;
	try {
		replaceDurably(endFile, `${code}\n`);
	} catch (thrown) {
		log.problem(recordOf(thrown), {
			what: 'karen will not learn how this request ended if she is restarted now',
		});
	}
}
