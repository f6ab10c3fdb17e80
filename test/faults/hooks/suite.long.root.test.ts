/** The cheapest part of the table of bad hooks; all of it is `npm run faults -- hooks`. */
import { expect, test } from 'vitest';
import { LIMIT, runHookCase } from './suite.ts';

test.each([
	'01 leaves a daemon that writes in the root, and fails',
	'01 kills the updater and leaves a daemon that writes',
	'01 removes the locks and asks for a second updater',
	'01 makes the root everybody’s to write',
	'03 ends with 1 every time',
])('%s', { timeout: LIMIT + 10_000 }, async (name) => {
	expect((await runHookCase(name)).wrong).toEqual([]);
});
