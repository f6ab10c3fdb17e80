import { expect, test } from 'vitest';
import { type HookName, parseHookName, runsAfterCommit } from '../../../src/model/release/hook-name.ts';

test.each(['00-run.sh', '03-run.sh', '10-run.sh', 'bootstrap-run.sh', 'a.b_c-run.sh'])(
	'accepts %s as the name of a hook',
	(name) => {
		expect(parseHookName(name)).toBe(name);
	},
);

test.each([
	'',
	'-run.sh',
	'run.sh',
	'00-run.sh\n',
	'00-run.sh.orig',
	'../00-run.sh',
	'a/00-run.sh',
	'.00-run.sh',
	'00 -run.sh',
	'00-RUN.SH',
	`${'x'.repeat(70)}-run.sh`,
])('rejects %j as the name of a hook', (name) => {
	expect(parseHookName(name)).toBeUndefined();
});

test.each([
	['00-run.sh', false],
	['02-run.sh', false],
	['03-run.sh', true],
	['3-run.sh', true],
	['10-run.sh', true],
	['bootstrap-run.sh', false],
])('%s runs after the commit: %s', (name, expected) => {
	expect(runsAfterCommit(name as HookName)).toBe(expected);
});
