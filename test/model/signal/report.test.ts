/** Parsing karen's signal reports. */

import { expect, test } from 'vitest';
import { isEnd, REPORT_FILE } from '../../../src/model/signal/report.ts';

test.each(['', '{"state":"do', '[]', '{}', '{"state":"new"}', '{"state":7}', '{"state":"constructor"}'])(
	'rejects %j',
	(text) => {
		expect(REPORT_FILE.parse(Buffer.from(text))).toBeUndefined();
	},
);

test('rejects bytes that are not UTF-8', () => {
	expect(REPORT_FILE.parse(Uint8Array.of(0xff, 0xfe))).toBeUndefined();
});

test('fills in missing keys', () => {
	expect(REPORT_FILE.parse(Buffer.from('{"state":"queued","process":{"pid":"x"}}'))).toEqual({
		schema: 1,
		name: '',
		run: '',
		state: 'queued',
		stamp: '',
		seen: '',
		receivedAt: '',
		startedAt: null,
		endedAt: null,
		exitCode: null,
		killedBy: null,
		output: '',
		error: null,
		process: null,
	});
});

test('reads a complete report', () => {
	const report = {
		schema: 1,
		name: 'update',
		run: 'r',
		state: 'failed',
		stamp: '1:2:3:4',
		seen: '1:2:3:5',
		receivedAt: 'a',
		startedAt: 'b',
		endedAt: 'c',
		exitCode: 3,
		killedBy: 'SIGTERM',
		output: 'told',
		error: { code: 'trigger-failed', message: 'm', hint: 'h', retry: 'never', facts: {} },
		process: { pid: 7, startTicks: '9', bootId: 'x' },
	};
	expect(REPORT_FILE.parse(Buffer.from(JSON.stringify(report)))).toEqual(report);
});

test.each([
	['queued', false],
	['running', false],
	['done', true],
	['failed', true],
	['timed-out', true],
	['refused', true],
	['lost', true],
] as const)('%s is final: %s', (state, end) => {
	expect(isEnd(state)).toBe(end);
});
