import { expect, test } from 'vitest';
import { EARLIEST } from '../../src/model/base/earliest-time.ts';
import { timeOfTrust } from '../../src/trust/tuf-time.ts';

const year = 365 * 86_400_000;

test.each([
	[
		'the clock, when it is the latest',
		{ clock: EARLIEST + 3, lastVerified: EARLIEST + 2, lastBoot: EARLIEST + 1 },
		EARLIEST + 3,
	],
	[
		'the last verification, when the clock was set back',
		{ clock: EARLIEST, lastVerified: EARLIEST + year, lastBoot: 0 },
		EARLIEST + year,
	],
	[
		'the last boot, when that is later',
		{ clock: EARLIEST, lastVerified: 0, lastBoot: EARLIEST + year },
		EARLIEST + year,
	],
	['the build, when nothing else is known', { clock: EARLIEST, lastVerified: 0, lastBoot: 0 }, EARLIEST],
])('%s', (_, times, expected) => {
	expect(timeOfTrust(times)).toBe(expected);
});

test.each([0, EARLIEST - 1])('a clock at %i is told as not set, whatever is known', (clock) => {
	expect(() => timeOfTrust({ clock, lastVerified: EARLIEST + year, lastBoot: 0 })).toThrow(
		expect.objectContaining({ record: expect.objectContaining({ code: 'clock-not-set', retry: 'later' }) }),
	);
});
