import { expect, test } from 'vitest';
import { EARLIEST_TIME } from '../../../src/model/base/earliest-time.ts';
import { timeOfTrust } from '../../../src/trust/tuf/time.ts';

const year = 365 * 86_400_000;

test.each([
	[
		'uses the clock when it is the latest',
		{ clock: EARLIEST_TIME + 3, lastVerified: EARLIEST_TIME + 2, lastBoot: EARLIEST_TIME + 1 },
		EARLIEST_TIME + 3,
	],
	[
		'uses the last verification when the clock was set back',
		{ clock: EARLIEST_TIME, lastVerified: EARLIEST_TIME + year, lastBoot: 0 },
		EARLIEST_TIME + year,
	],
	[
		'uses the last boot when it is later',
		{ clock: EARLIEST_TIME, lastVerified: 0, lastBoot: EARLIEST_TIME + year },
		EARLIEST_TIME + year,
	],
	[
		'accepts the build time when nothing else is known',
		{ clock: EARLIEST_TIME, lastVerified: 0, lastBoot: 0 },
		EARLIEST_TIME,
	],
])('%s', (_, times, expected) => {
	expect(timeOfTrust(times)).toBe(expected);
});

test.each([0, EARLIEST_TIME - 1])(
	'reports a clock at %i as not set, whatever other times are known',
	(clock) => {
		expect(() => timeOfTrust({ clock, lastVerified: EARLIEST_TIME + year, lastBoot: 0 })).toThrow(
			expect.objectContaining({ record: expect.objectContaining({ code: 'clock-not-set', retry: 'later' }) }),
		);
	},
);
