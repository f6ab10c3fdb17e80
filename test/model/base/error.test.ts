import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Problem, problem, recordOf } from '../../../src/model/base/error.ts';
import { ERRORS, EXIT } from '../../../src/model/base/error-codes.ts';

test('has the documented exit codes', () => {
	expect(EXIT).toEqual({
		done: 0,
		failed: 1,
		usage: 2,
		refused: 3,
		rolledBack: 4,
		silent: 5,
		busy: 6,
		needsAttention: 7,
	});
	expect(Object.values(ERRORS).filter(({ exit }) => !Object.values(EXIT).includes(exit))).toEqual([]);
});

test('keeps the record and the cause', () => {
	const cause = new Error('deep');
	const thrown = problem('disk-full', 'cannot write', 'free some space', {
		retry: 'later',
		facts: { need: 5 },
		cause,
	});
	expect(thrown).toBeInstanceOf(Problem);
	expect(thrown.message).toBe('cannot write');
	expect(thrown.cause).toBe(cause);
	expect(thrown.record).toEqual({
		code: 'disk-full',
		message: 'cannot write',
		hint: 'free some space',
		retry: 'later',
		facts: { need: 5 },
	});
});

test('defaults to retry never and no facts', () => {
	expect(problem('usage', 'a', 'b').record).toMatchObject({ retry: 'never', facts: {} });
});

function thrownBy(act: () => unknown): unknown {
	try {
		return act();
	} catch (thrown) {
		return thrown;
	}
}

test.each([
	['ENOSPC', 'disk-full'],
	['EDQUOT', 'disk-full'],
	['EROFS', 'io-error'],
	['EIO', 'io-error'],
	['EMFILE', 'io-error'],
	['EACCES', 'io-error'],
	['EPERM', 'io-error'],
	['EXOTIC', 'internal'],
])('maps %s to %s', (errno, code) => {
	const record = recordOf(Object.assign(new Error('write failed'), { code: errno }));
	expect(record).toMatchObject({
		code,
		message: 'write failed',
		hint: expect.stringMatching(/./),
		facts: { errno },
	});
});

test.each([
	['a problem', problem('busy', 'a', 'b'), 'busy', 'a'],
	['a defect', new TypeError('x is undefined'), 'internal', 'x is undefined'],
	['a real errno', thrownBy(() => readFileSync('/nowhere/at/all')), 'internal', 'ENOENT'],
	['a thrown string', 'boo', 'internal', 'boo'],
	['thrown undefined', undefined, 'internal', 'undefined'],
])('makes a record without a stack trace from %s', (_what, thrown, code, message) => {
	const record = recordOf(thrown);
	expect(record.code).toBe(code);
	expect(record.message).toContain(message);
	expect(JSON.stringify(record)).not.toContain('    at ');
});
