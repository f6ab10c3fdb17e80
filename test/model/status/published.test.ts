/** The doors of what root publishes: missing keys are forgiven, other shapes are not taken. */

import { expect, test } from 'vitest';
import {
	AVAILABLE_FILE,
	CHANGE_FILE,
	isInProgress,
	KAREN_FILE,
} from '../../../src/model/status/published.ts';

const bytes = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
const error = {
	code: 'hook-failed',
	message: 'cannot',
	hint: 'do',
	retry: 'later',
	facts: { n: 1, list: ['a', 2], none: null },
};

test.each([
	'',
	'{',
	'[]',
	'null',
	'"text"',
	'{}',
	'{"state":"installing"}',
	'{"change":7,"state":"installing"}',
])('%j is no change', (text) => {
	expect(CHANGE_FILE.parse(bytes(text))).toBeUndefined();
});

test('a change with two keys has all the others too', () => {
	expect(CHANGE_FILE.parse(bytes({ change: 'c', state: 'probing' }))).toEqual({
		schema: 1,
		change: 'c',
		kind: 'update',
		state: 'probing',
		step: null,
		from: '',
		to: '',
		goal: '',
		progress: 1,
		description: '',
		trust: '',
		startedAt: '',
		at: '',
		endedAt: null,
		outcome: null,
		error: null,
		next: '',
	});
});

test.each([
	[{ state: 'installing', endedAt: null }, 'installing', true],
	[{ state: 'waiting' }, 'waiting', true],
	[{ state: 'committed', endedAt: '2026-11-21T00:00:00Z' }, 'committed', false],
	[{ state: 'rolled-back' }, 'rolled-back', false],
	[{ state: 'polishing' }, 'installing', true],
	[{ state: 'polished', endedAt: '2026-11-21T00:00:00Z' }, 'failed', false],
	[
		{ state: 'x', endedAt: '2026-11-21T00:00:00Z', outcome: { kind: 'committed', version: '1.0.0' } },
		'committed',
		false,
	],
	[
		{
			state: 'x',
			endedAt: '2026-11-21T00:00:00Z',
			outcome: { kind: 'dropped', version: '1.0.0', cause: error },
		},
		'failed',
		false,
	],
] as const)('%j is %s, under way: %s', (raw, state, underWay) => {
	const change = CHANGE_FILE.parse(bytes({ change: 'c', ...raw }));
	expect(change?.state).toBe(state);
	expect(change === undefined ? undefined : isInProgress(change)).toBe(underWay);
});

test.each([
	[
		{ kind: 'committed', version: '1.0.0' },
		{ kind: 'committed', version: '1.0.0', warnings: [] },
	],
	[
		{ kind: 'committed', version: '1.0.0', warnings: [{}, error] },
		{ warnings: [{ code: 'hook-failed', facts: { n: 1, list: ['a'] } }] },
	],
	[
		{ kind: 'rolled-back', version: '1.0.0', cause: error },
		{ kind: 'rolled-back', cause: { retry: 'later' } },
	],
	[
		{ kind: 'needs-attention', cause: { ...error, code: 'new-one' } },
		{ cause: { code: 'internal' }, rollback: { message: 'cannot' } },
	],
])('the outcome %j', (outcome, expected) => {
	expect(CHANGE_FILE.parse(bytes({ change: 'c', state: 'failed', outcome }))?.outcome).toMatchObject(
		expected,
	);
});

test.each([
	null,
	7,
	{},
	{ kind: 'committed' },
	{ kind: 'committed', version: 'x' },
	{ kind: 'dropped', version: '1.0.0' },
	{ kind: 'new' },
])('%j is no outcome', (outcome) => {
	expect(CHANGE_FILE.parse(bytes({ change: 'c', state: 'failed', outcome }))?.outcome).toBeNull();
});

test('a plan keeps the hops that can be read', () => {
	const path = [
		{ tag: 'v2.0.0', version: '2.0.0', info: { version: '2.0.0', x: 1 } },
		7,
		{ tag: 'v3.0.0' },
		{ tag: 'v4.0.0', version: '4.0.0' },
	];
	expect(AVAILABLE_FILE.parse(bytes({ installed: '1.0.0', path }))).toEqual({
		schema: 1,
		installed: '1.0.0',
		newest: null,
		path: [
			{ tag: 'v2.0.0', version: '2.0.0', info: { version: '2.0.0', x: 1 } },
			{ tag: 'v4.0.0', version: '4.0.0', info: { version: '4.0.0' } },
		],
		reason: null,
		space: null,
		news: null,
		checkedAt: '',
		trust: '',
	});
});

test.each(['', '{"path":[]}', '[]', '{"installed":1}'])('%j is no plan', (text) => {
	expect(AVAILABLE_FILE.parse(bytes(text))).toBeUndefined();
});

test.each(['', '{}', '{"pid":"7"}', '{"pid":0}', '{"pid":-1}', '{"pid":1.5}'])(
	'%j names no karen',
	(text) => {
		expect(KAREN_FILE.parse(bytes(text))).toBeUndefined();
	},
);

test('karen', () => {
	expect(KAREN_FILE.parse(bytes({ pid: 7, startedAt: 'then', more: 1 }))).toEqual({
		pid: 7,
		startedAt: 'then',
		version: '',
	});
});
