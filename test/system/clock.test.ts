import { expect, test } from 'vitest';
import { bootId, isoTime, randomHex, systemClock } from '../../src/system/clock.ts';

test('the wall clock is in milliseconds since 1970', () => {
	const before = Date.now();
	const now = systemClock.now();
	expect(now).toBeGreaterThanOrEqual(before);
	expect(now).toBeLessThanOrEqual(Date.now());
});

test('the monotonic clock grows by at least the time slept', async () => {
	const started = systemClock.monotonic();
	await systemClock.sleep(20);
	expect(systemClock.monotonic() - started).toBeGreaterThanOrEqual(19);
});

test.each([
	['before it begins', (controller: AbortController) => controller.abort()],
	['while it runs', (controller: AbortController) => void setTimeout(() => controller.abort(), 10)],
])('sleep ends early when it is aborted %s', async (_when, abort) => {
	const controller = new AbortController();
	abort(controller);
	await systemClock.sleep(3_600_000, controller.signal);
	expect(controller.signal.aborted).toBe(true);
});

test.each([2 ** 31, 1e15, Number.POSITIVE_INFINITY])(
	'sleep of %d ms does not end at once',
	async (milliseconds) => {
		const controller = new AbortController();
		const first = await Promise.race([
			systemClock.sleep(milliseconds, controller.signal).then(() => 'the sleep'),
			systemClock.sleep(100).then(() => 'the limit'),
		]);
		controller.abort();
		expect(first).toBe('the limit');
	},
);

test.each([1, 4, 7, 32])('returns %d random hexadecimal digits', (digits) => {
	expect(randomHex(digits)).toMatch(new RegExp(`^[0-9a-f]{${digits}}$`));
});

test('random digits do not repeat', () => {
	expect(new Set(Array.from({ length: 100 }, () => randomHex(16))).size).toBe(100);
});

test('the boot id is constant during a boot', () => {
	expect(bootId()).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
	expect(bootId()).toBe(bootId());
});

test('formats times in UTC', () => {
	expect(isoTime(Date.UTC(2026, 10, 21, 9, 30, 0, 5))).toBe('2026-11-21T09:30:00.005Z');
});
