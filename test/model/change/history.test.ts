import { expect, test } from 'vitest';
import { HISTORY_FILE } from '../../../src/model/change/history.ts';

const ENDED = {
	change: '20261121-093000-1a2b',
	kind: 'update',
	from: '1.0.0',
	to: '1.1.0',
	outcome: 'rolled-back',
	error: {
		code: 'hook-failed',
		message: 'hook 02-run.sh failed',
		hint: 'look',
		retry: 'later',
		facts: { hook: '02-run.sh' },
	},
	trust: 'unsigned',
	startedAt: '2026-11-21T09:30:00.000Z',
	endedAt: '2026-11-21T09:30:09.000Z',
};
const bytes = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));

test('what root wrote is read as it is', () => {
	expect(HISTORY_FILE.parse(bytes({ schema: 1, changes: [ENDED] }))).toEqual({ schema: 1, changes: [ENDED] });
});

test('missing keys are forgiven, entries that make no sense are left out', () => {
	const changes = [
		{ change: 'a', outcome: 'committed' },
		{ change: 'b', outcome: 'exploded' },
		{ outcome: 'committed' },
		7,
		null,
	];
	expect(HISTORY_FILE.parse(bytes({ changes }))?.changes).toEqual([
		{
			change: 'a',
			kind: 'update',
			from: '',
			to: '',
			outcome: 'committed',
			error: null,
			trust: '',
			startedAt: '',
			endedAt: '',
		},
	]);
});

test.each([
	['', 'nothing'],
	['{"changes": [', 'half a file'],
	['[]', 'a list'],
	['{}', 'no changes'],
	['{"changes": {}}', 'changes that are no list'],
])('%s is no history: %s', (text) => {
	expect(HISTORY_FILE.parse(bytes(text))).toBeUndefined();
});

test('bytes that are not UTF-8 are no history', () => {
	expect(HISTORY_FILE.parse(Uint8Array.from([0xff, 0xfe, 0x00]))).toBeUndefined();
});
