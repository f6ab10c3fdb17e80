/** Whether root may run a trigger: looked at right before each start. */
import { realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type ErrorRecord, problem } from '../../../model/base/error.ts';
import type { ErrorCode } from '../../../model/base/error-codes.ts';
import type { SignalName } from '../../../model/signal/signal.ts';
import { findUntrustedWriter } from '../../../system/access/untrusted-writer.ts';

const EXECUTABLE = 0o111;

/**
 * Returns why the trigger in `directory` must not be run, or undefined: it has to be a plain executable file in that directory,
 * and neither it nor any directory above may be another user's than root's or `owners`', or writable by one. (trust.md §5, rule 5)
 */
export function findFault(
	directory: string,
	trigger: SignalName,
	owners: readonly number[],
): ErrorRecord | undefined {
	const path = join(directory, trigger);
	const refuse = (code: ErrorCode, why: string, hint: string) =>
		problem(code, `cannot run ${path}: ${why}`, hint, { facts: { path } }).record;
	const stats = statSync(path, { throwIfNoEntry: false });
	if (stats === undefined) return refuse('trigger-missing', 'it is not there', 'install the trigger');
	if (!stats.isFile()) return refuse('trigger-missing', 'it is not a file', 'put an executable file there');
	if ((stats.mode & EXECUTABLE) === 0)
		return refuse('trigger-missing', 'it is not executable', 'make it executable: chmod 755');
	if (!realpathSync(path).startsWith(`${realpathSync(directory)}/`))
		return refuse(
			'trigger-unsafe',
			`it leads out of ${directory}`,
			'put the trigger itself there instead of a link',
		);
	const hole = findUntrustedWriter(path, owners);
	return hole === undefined
		? undefined
		: refuse(
				'trigger-unsafe',
				hole,
				'give the trigger and all directories above it to root, writable by nobody else',
			);
}
