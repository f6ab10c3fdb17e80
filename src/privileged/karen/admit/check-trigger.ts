/** Checks right before each start whether root may run a trigger. */
import { realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type ErrorRecord, problem } from '../../../model/base/error.ts';
import type { ErrorCode } from '../../../model/base/error-codes.ts';
import type { SignalName } from '../../../model/signal/signal.ts';
import { findUntrustedWriter } from '../../../system/access/untrusted-writer.ts';

const EXECUTABLE = 0o111;

/**
 * Returns why the trigger in `directory` must not run, or undefined. It must be an executable regular file in
 * that directory, and only root and `owners` may own or write to the file and the directories above it.
 */
export function findTriggerFault(
	directory: string,
	trigger: SignalName,
	owners: readonly number[],
): ErrorRecord | undefined {
	const path = join(directory, trigger);
	const refuse = (code: ErrorCode, why: string, hint: string) =>
		problem(code, `cannot run ${path}: ${why}`, hint, { facts: { path } }).record;
	const stats = statSync(path, { throwIfNoEntry: false });
	if (stats === undefined) return refuse('trigger-missing', 'it does not exist', 'install the trigger');
	if (!stats.isFile()) return refuse('trigger-missing', 'it is not a file', 'put an executable file there');
	if ((stats.mode & EXECUTABLE) === 0)
		return refuse('trigger-missing', 'it is not executable', 'make it executable: chmod 755');
	if (!realpathSync(path).startsWith(`${realpathSync(directory)}/`))
		return refuse(
			'trigger-unsafe',
			`it leads out of ${directory}`,
			'put the trigger itself there instead of a link',
		);
	const writer = findUntrustedWriter(path, owners);
	return writer === undefined
		? undefined
		: refuse(
				'trigger-unsafe',
				writer,
				'give the trigger and all directories above it to root, and make them writable only by root',
			);
}
