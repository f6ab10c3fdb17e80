/** What every request that comes to nothing must look like afterwards. */
import { expect } from 'vitest';
import type { ErrorCode, ExitCode } from '../../src/model/base/error-codes.ts';
import type { Box, Ended } from './box.ts';

export interface Refusal {
	readonly code: ErrorCode;
	readonly exit: ExitCode;
}

/**
 * The error stands in both statuses, in the log and in the exit code; the root is as before; nothing is left
 * behind.
 */
export function expectNothingChanged(
	box: Box,
	before: readonly string[],
	end: Ended,
	{ code, exit }: Refusal,
): void {
	expect({ exit: end.code, change: box.change().error?.code, stderr: end.stderr }).toMatchObject({
		exit,
		change: code,
	});
	expect(box.change()).toMatchObject({
		state: exit === 4 ? 'rolled-back' : 'failed',
		progress: 100,
		endedAt: expect.any(String),
	});
	expect(box.change().error).toMatchObject({
		message: expect.stringMatching(/\w+ \w+/),
		hint: expect.stringMatching(/\w+ \w+/),
	});
	expect(box.legacyStatus()).toMatchObject({ state: 'failed', progress: 100, updateTo: '', error: { code } });
	expect(box.loggedCodes()).toContain(code);
	expect(end.stderr, 'no stack trace').not.toMatch(/^\s+at /m);
	expect(box.fingerprint()).toEqual(before);
	expect(box.leftovers()).toEqual([]);
}

/** Publishes a good release and installs it. */
export async function expectGoodUpdateWorks(box: Box, version = '1.9.0'): Promise<void> {
	box.publish({ version, requires: '>=1.0.0' });
	const end = await box.updater('update', JSON.stringify({ updateTo: `v${version}` }));
	expect({ exit: end.code, stderr: end.stderr, version: box.version() }).toEqual({
		exit: 0,
		stderr: '',
		version,
	});
	expect(box.leftovers()).toEqual([]);
}
