/** How old the news are: the doors for what is published, and when they are called stale. */
import { expect, test } from 'vitest';
import { type Freshness, parseFreshness, staleSince } from '../../../src/model/status/freshness.ts';

const NEWS: Freshness = {
	verifiedAt: '2026-11-20T10:00:00.000Z',
	newestSince: '2026-11-01T10:00:00.000Z',
	goodUntil: { role: 'timestamp', at: '2026-12-01T00:00:00.000Z' },
};

test.each([
	['before', '2026-11-30T23:59:59.999Z', null],
	['at the very time', '2026-12-01T00:00:00.000Z', '2026-12-01T00:00:00.000Z'],
	['after', '2027-12-01T00:00:00.000Z', '2026-12-01T00:00:00.000Z'],
])('%s they expire', (_, now, since) => {
	expect(staleSince(NEWS, Date.parse(now))).toBe(since);
	expect(staleSince({ ...NEWS, goodUntil: null }, Date.parse(now)), 'where nothing expires').toBeNull();
});

test('what was published is read again, with and without an expiry', () => {
	for (const news of [NEWS, { ...NEWS, goodUntil: null }])
		expect(parseFreshness(JSON.parse(JSON.stringify(news)))).toEqual(news);
});

test.each([
	undefined,
	null,
	[],
	'x',
	{},
	{ ...NEWS, verifiedAt: 7 },
	{ ...NEWS, verifiedAt: 'yesterday' },
	{ verifiedAt: NEWS.verifiedAt },
])('%j is no news', (value) => expect(parseFreshness(value as never)).toBeNull());

test.each([
	7,
	{},
	{ role: 'timestamp' },
	{ role: 'timestamp', at: 'never' },
	{ role: 1, at: NEWS.verifiedAt },
])('an expiry that is none is none: %j', (goodUntil) =>
	expect(parseFreshness({ ...NEWS, goodUntil } as never)).toEqual({ ...NEWS, goodUntil: null }),
);
