import { expect, test } from 'vitest';
import { afterResume } from '../../../../src/privileged/karen/run/resume.ts';
import type { TriggerEnd } from '../../../../src/privileged/karen/run/start-trigger.ts';

const exited = (code: number): TriggerEnd => ({ kind: 'exited', code });

test.each<[string, TriggerEnd, 'open' | 'closed', number, object]>([
	['the change is closed', exited(0), 'closed', 0, { kind: 'done' }],
	['the change was closed by a rollback', exited(4), 'closed', 3, { kind: 'done' }],
	['another updater is working on it', exited(6), 'open', 2, { kind: 'again', after: 5000, failures: 2 }],
	['it failed once', exited(1), 'open', 0, { kind: 'again', after: 1000, failures: 1 }],
	[
		'it was killed at the second attempt',
		{ kind: 'killed', by: 'SIGKILL' },
		'open',
		1,
		{ kind: 'again', after: 2000, failures: 2 },
	],
	[
		'it failed at the fourth attempt',
		{ kind: 'timed-out' },
		'open',
		3,
		{ kind: 'again', after: 8000, failures: 4 },
	],
	['it failed at the fifth attempt', exited(1), 'open', 4, { kind: 'given-up' }],
	[
		'it exited with 0 but the change is open',
		exited(0),
		'open',
		0,
		{ kind: 'again', after: 1000, failures: 1 },
	],
	[
		'it could not be started',
		{ kind: 'not-started', errno: 'ENOENT' },
		'open',
		0,
		{ kind: 'again', after: 1000, failures: 1 },
	],
])('%s', (_what, end, change, failures, expected) => {
	expect(afterResume(end, change, failures)).toEqual(expected);
});
