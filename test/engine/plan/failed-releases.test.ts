/** What a failed release costs the next time, whatever the clock says. */
import { describe, expect, test } from 'vitest';
import { attributionOf } from '../../../src/engine/plan/attribution.ts';
import {
	noteTry,
	RETRIES,
	remember,
	settle,
	waitOf,
	withheldAt,
} from '../../../src/engine/plan/failed-releases.ts';
import { EARLIEST_TIME } from '../../../src/model/base/earliest-time.ts';
import { problem } from '../../../src/model/base/error.ts';
import type { ErrorCode } from '../../../src/model/base/error-codes.ts';
import type { Failure } from '../../../src/model/change/failure.ts';
import type { Outcome } from '../../../src/model/change/outcome.ts';
import { openedFrom, version } from '../../box/world.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = Date.UTC(2026, 10, 21, 9, 30);
const OPENED = openedFrom('1.0.0', '1.1.0');
const NEWER = version('1.1.0');

function ended(kind: 'dropped' | 'rolled-back' | 'needs-attention', code: ErrorCode): Outcome {
	const cause = problem(code, 'it failed', 'mend it').record;
	return kind === 'needs-attention'
		? { kind, cause, rollback: cause }
		: { kind, version: OPENED.from, cause };
}

const FAILED = ended('rolled-back', 'hook-failed');
const COMMITTED: Outcome = { kind: 'committed', version: NEWER, warnings: [] };

/** The memory after so many failures, each of a change of its own. */
function failedTimes(times: number, outcome: Outcome = FAILED, at = NOW): readonly Failure[] {
	let failures: readonly Failure[] = [];
	for (let turn = 0; turn < times; turn += 1) {
		const change = `20261121-09300${turn}-abcd` as typeof OPENED.change;
		failures = remember(failures, { ...OPENED, change }, outcome, at);
	}
	return failures;
}

function isWithheld(failures: readonly Failure[], now: number): boolean {
	return withheldAt(settle(failures, now), now, 'respected').has(NEWER);
}

describe('who is to blame', () => {
	test.each<[ErrorCode, 'dropped' | 'rolled-back' | 'needs-attention', ReturnType<typeof attributionOf>]>([
		['hook-missing', 'dropped', 'release'],
		['hook-refused', 'dropped', 'release'],
		['content-refused', 'dropped', 'release'],
		['version-mismatch', 'dropped', 'release'],
		['source-unreachable', 'dropped', 'nobody'],
		['space-missing', 'dropped', 'nobody'],
		['disk-full', 'dropped', 'nobody'],
		['would-delete', 'dropped', 'nobody'],
		['old-backup', 'dropped', 'nobody'],
		['tool-missing', 'dropped', 'nobody'],
		['interrupted', 'dropped', 'nobody'],
		['hook-failed', 'rolled-back', 'release'],
		['hook-timeout', 'rolled-back', 'release'],
		['hook-later', 'rolled-back', 'release'],
		['not-switched', 'rolled-back', 'release'],
		['probe-failed', 'rolled-back', 'release'],
		['interrupted', 'rolled-back', 'chance'],
		['disk-full', 'rolled-back', 'chance'],
		['content-changed', 'rolled-back', 'chance'],
		['hook-failed', 'needs-attention', 'release'],
		['interrupted', 'needs-attention', 'chance'],
	])('%s, %s: %s', (code, kind, blame) => {
		expect(attributionOf(ended(kind, code))).toBe(blame);
	});

	test('a commit counts against nothing', () => {
		expect(attributionOf(COMMITTED)).toBe('nobody');
	});
});

describe('how long a release is left alone', () => {
	test.each([
		[1, 8 * HOUR],
		[2, 16 * HOUR],
		[3, 32 * HOUR],
		[4, 64 * HOUR],
		[5, 128 * HOUR],
		[6, 256 * HOUR],
		[7, 14 * DAY],
		[8, 14 * DAY],
		[5000, 14 * DAY],
	])('after %s failures', (times, wait) => {
		expect(waitOf({ times, blame: 'release' })).toBe(wait);
	});

	test.each([
		[1, 0],
		[2, 8 * HOUR],
		[3, 16 * HOUR],
	])('a cut may be chance: after %s', (times, wait) => {
		expect(waitOf({ times, blame: 'chance' })).toBe(wait);
	});

	test('it is withheld until then and not a moment longer', () => {
		const failures = failedTimes(2);
		expect(failures).toMatchObject([
			{ tag: 'v1.1.0', version: '1.1.0', from: '1.0.0', times: 2, cause: { code: 'hook-failed' } },
		]);
		expect(isWithheld(failures, NOW)).toBe(true);
		expect(isWithheld(failures, NOW + 16 * HOUR - 1)).toBe(true);
		expect(isWithheld(failures, NOW + 16 * HOUR)).toBe(false);
	});

	test('an end that is told twice counts once', () => {
		const once = remember([], OPENED, FAILED, NOW);
		expect(remember(once, OPENED, FAILED, NOW + 1)).toBe(once);
	});

	test('a commit forgives; a rollback by hand says nothing of a release', () => {
		const failures = failedTimes(3);
		expect(remember(failures, OPENED, COMMITTED, NOW)).toEqual([]);
		expect(remember([], { ...OPENED, kind: 'rollback' }, FAILED, NOW)).toEqual([]);
	});

	test('no more than twenty are remembered', () => {
		let failures: readonly Failure[] = [];
		for (let minor = 1; minor <= 30; minor += 1) {
			const opened = openedFrom('1.0.0', `1.${minor}.0`, {
				change: `20261121-0930${10 + minor}-abcd` as typeof OPENED.change,
			});
			failures = remember(failures, opened, FAILED, NOW);
		}
		expect(failures).toHaveLength(20);
		expect(failures[0]?.version).toBe('1.30.0');
	});
});

describe('tried again before its time', () => {
	test('is allowed so many times, and then no more until it was tried by itself', () => {
		let failures = failedTimes(1);
		for (let turn = 0; turn < RETRIES; turn += 1) {
			expect(withheldAt(failures, NOW, 'passed-over').size).toBe(0);
			failures = remember(
				noteTry(failures, NEWER, 'passed-over'),
				{ ...OPENED, change: `2026112${turn}-093000-abcd` as never },
				FAILED,
				NOW,
			);
		}
		expect(withheldAt(failures, NOW, 'passed-over').get(NEWER)).toMatchObject({ retry: 'used-up' });
		expect(withheldAt(failures, NOW + 14 * DAY, 'passed-over').size, 'the wait is over').toBe(0);
		expect(withheldAt(noteTry(failures, NEWER, 'respected'), NOW, 'passed-over').size).toBe(0);
	});

	test('of a release that never failed nothing is noted', () => {
		const failures = failedTimes(1);
		expect(noteTry(failures, version('2.0.0'), 'passed-over')).toBe(failures);
	});
});

describe('a clock that jumps', () => {
	test.each<[string, number, number, boolean]>([
		['it begins at 1970 after a boot: nothing is unlocked', NOW, 10_000, true],
		['it went back by a year, to a time that can be: it counts from now', NOW + 365 * DAY, NOW, true],
		['noted at 1970, and then the clock was set: it counts from now', 5000, NOW, true],
		['noted at 1970 in another boot, and not set yet', 50_000, 10_000, true],
		['never set, and eight hours later', 5000, 5000 + 8 * HOUR, false],
		['it went on as clocks do', NOW, NOW + 8 * HOUR, false],
		['it jumped forward: tried once, early', NOW, NOW + 400 * DAY, false],
	])('%s', (_, at, now, expected) => {
		expect(isWithheld(failedTimes(1, FAILED, at), now)).toBe(expected);
	});

	test('what was noted in the future is over eight hours after it was seen, however far it lay', () => {
		const seen = settle(failedTimes(1, FAILED, NOW + 30 * 365 * DAY), NOW);
		expect(seen).toMatchObject([{ at: NOW }]);
		expect(isWithheld(seen, NOW + 8 * HOUR)).toBe(false);
	});

	test('a boot without a clock moves nothing that was noted with one', () => {
		const failures = failedTimes(1);
		expect(settle(failures, 1000)).toBe(failures);
		expect(settle(failures, EARLIEST_TIME - 1)).toBe(failures);
	});
});
