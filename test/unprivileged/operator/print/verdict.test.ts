/** The verdict follows the updater's exit code if karen saw it, otherwise the change's own status. */
import { describe, expect, test } from 'vitest';
import { type ErrorRecord, problem } from '../../../../src/model/base/error.ts';
import type { ErrorCode } from '../../../../src/model/base/error-codes.ts';
import type { ChangeStatus } from '../../../../src/model/change/change.ts';
import type { SignalReport, SignalState } from '../../../../src/model/signal/signal.ts';
import { verdictOn } from '../../../../src/unprivileged/operator/print/verdict.ts';

const error = (code: ErrorCode): ErrorRecord => problem(code, `because of ${code}`, 'wait').record;

function report(state: SignalState, further: Partial<SignalReport> = {}): SignalReport {
	const times = { receivedAt: '', startedAt: null, endedAt: null };
	const rest = { exitCode: null, killedBy: null, output: '', error: null, process: null };
	return { schema: 1, name: 'update', run: 'r', state, stamp: 's', seen: 's', ...times, ...rest, ...further };
}

function change(state: ChangeStatus['state'], further: Partial<ChangeStatus> = {}): ChangeStatus {
	const texts = {
		change: 'c',
		from: '1.0.0',
		to: '2.0.0',
		goal: 'v2.0.0',
		description: '',
		trust: 'unsigned',
		startedAt: '',
		at: '',
		next: '',
	};
	return {
		schema: 1,
		kind: 'update',
		state,
		step: null,
		progress: 100,
		endedAt: null,
		outcome: null,
		error: null,
		...texts,
		...further,
	};
}

describe('if karen saw the end', () => {
	test.each<[number, ErrorCode | undefined]>([
		[1, 'hook-failed'],
		[3, 'would-delete'],
		[4, 'hook-failed'],
		[6, undefined],
		[7, 'restore-failed'],
	])('passes on exit code %i with the error of the change', (exitCode, code) => {
		const of = code === undefined ? undefined : change('failed', { error: error(code) });
		const verdict = verdictOn(report('failed', { exitCode, error: error('trigger-failed') }), of);
		expect(verdict).toEqual({ exit: exitCode, error: error(code ?? 'trigger-failed') });
	});

	test('is done, with or without a change', () => {
		expect(verdictOn(report('done', { exitCode: 0 }), undefined)).toEqual({ exit: 0, error: null });
		expect(verdictOn(report('done', { exitCode: 0 }), change('committed'))).toEqual({ exit: 0, error: null });
	});

	test('passes on why karen refused a signal', () => {
		expect(verdictOn(report('refused', { error: error('trigger-unsafe') }), undefined)).toEqual({
			exit: 3,
			error: error('trigger-unsafe'),
		});
	});

	test('never exits with 0 after a refusal, whatever its code', () => {
		expect(verdictOn(report('refused', { error: error('up-to-date') }), undefined).exit).toBe(1);
	});
});

describe.each<SignalState>(['lost', 'timed-out', 'failed'])('if karen did not see the end (%s)', (state) => {
	const unseen = report(state);
	test.each<[ChangeStatus['state'], number]>([
		['committed', 0],
		['rolled-back', 4],
		['needs-attention', 7],
		['installing', 1],
	])('maps the change’s state %s to exit code %i', (ended, exit) => {
		expect(verdictOn(unseen, change(ended)).exit).toBe(exit);
	});

	test('derives the exit code of a dropped change from its error', () => {
		expect(verdictOn(unseen, change('failed', { error: error('space-missing') }))).toEqual({
			exit: 3,
			error: error('space-missing'),
		});
		expect(verdictOn(unseen, change('failed', { error: error('source-unreachable') })).exit).toBe(1);
	});

	test('is not done if only a stepping stone was committed', () => {
		const verdict = verdictOn(unseen, change('committed', { to: '1.1.0' }));
		expect(verdict).toMatchObject({
			exit: 1,
			error: { code: 'interrupted', facts: { installed: '1.1.0', goal: 'v2.0.0' } },
		});
	});

	test('fails without a change', () => {
		const { exit, error: why } = verdictOn(unseen, undefined);
		expect(exit).toBe(1);
		expect(why?.code).toMatch(/^trigger-/);
	});
});
