import { expect, test } from 'vitest';
import { type HookName, parseHookName, runsAfterCommit, stepId } from '../../../src/model/change/step.ts';

test.each(['00-run.sh', '03-run.sh', '10-run.sh', 'bootstrap-run.sh', 'a.b_c-run.sh'])(
	'%s is a hook',
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
])('%j is none', (name) => {
	expect(parseHookName(name)).toBeUndefined();
});

test.each([
	['00-run.sh', false],
	['02-run.sh', false],
	['03-run.sh', true],
	['3-run.sh', true],
	['10-run.sh', true],
	['bootstrap-run.sh', false],
])('does %s run after the commit: %s', (name, expected) => {
	expect(runsAfterCommit(name as HookName)).toBe(expected);
});

test('a step is named by its kind, a hook by its file too', () => {
	expect(stepId({ kind: 'fetch' })).toBe('fetch');
	expect(stepId({ kind: 'hook', hook: '01-run.sh' as HookName })).toBe('hook:01-run.sh');
});
