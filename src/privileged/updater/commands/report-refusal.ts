/** Reports a command that ended with an error: to the log, the statuses and standard error. */

import type { ErrorRecord } from '../../../model/base/error.ts';
import { EXIT, type ExitCode, exitCodeOf } from '../../../model/base/error-codes.ts';
import { isChangeOpen } from '../journal/change-journal.ts';
import { troubleOf } from '../journal/history.ts';
import { notedVersion } from '../plan/installed-version.ts';
import { readInfo } from '../plan/read-info.ts';
import type { World } from '../world.ts';

/** Returns the exit code that belongs to the error. */
export function reportRefusal(world: World, error: ErrorRecord): ExitCode {
	world.log.problem(error);
	if (error.code === 'needs-attention') reportTrouble(world, error);
	else world.publisher.refuse(error, installedVersion(world), world.config.trust.mode);
	process.stderr.write(`${error.message}\n${error.hint}\n`);
	return isChangeOpen(world.layout) ? EXIT.needsAttention : exitCodeOf(error.code);
}

/**
 * The status keeps showing the failed rollback: it matters more than the update that was refused because of
 * it.
 */
function reportTrouble(world: World, error: ErrorRecord): void {
	const trouble = troubleOf(world);
	if (trouble !== undefined) world.publisher.trouble(trouble.opened, trouble.outcome, error);
}

/** The installed version for a report; the root may be unreadable, which is often what is reported. */
function installedVersion(world: World): string {
	try {
		return notedVersion(world.layout) ?? readInfo(world.layout.root, 'the root').version;
	} catch {
		return 'unknown';
	}
}
