/**
 * Root’s side of the fetcher against a child that breaks every rule: it is ended, everybody who waited is
 * told, nothing stays.
 */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Sink } from '../../../src/system/fetcher/order.ts';
import type { Fetcher } from '../../../src/system/fetcher/process.ts';
import { accountForTest, fetcherForTest } from '../../box/sources/fetcher.ts';
import { answeringServer } from '../../box/sources/servers.ts';
import { scratch } from '../../scratch.ts';
import { until } from '../../until.ts';

const BAD = join(import.meta.dirname, '../../fixtures/programs/bad-fetcher.ts');
const NOWHERE: Sink = { head: () => undefined, bytes: () => undefined };
const HASTY = { answer: 300, idle: 100, window: 100 };

const order = (fetcher: Fetcher, url: string, sink: Sink = NOWHERE) =>
	fetcher.get({ url, from: 0, etag: null, limit: 1000 }, sink);
const isGone = (fetcher: Fetcher) => !existsSync(`/proc/${fetcher.pid}`);

describe('a child that answers with', () => {
	test.each([
		['garbage', 'a frame of unknown kind'],
		['a huge length', 'a frame that is too long'],
		['a length beyond a piece', 'a frame that is too long'],
		['a length where none belongs', 'a frame that is too long'],
		['no JSON', 'a frame without an object'],
		['JSON of something else', 'a frame without an object'],
		['not UTF-8', 'a frame without an object'],
		['a fault of no kind', 'a frame without an object'],
		['a fault with a sentence', 'a fault of unknown kind'],
		['a fault of the prototype', 'a fault of unknown kind'],
		['a negative place', 'a head without an offset'],
		['a place of no number', 'a head without an offset'],
		['an etag with a line end', 'a head with an invalid etag'],
		['another part', 'a part that was not requested'],
		['two heads', 'two heads for one order'],
		['bytes before the head', 'more bytes than requested'],
		['an end before the head', 'an end without a beginning'],
		['an answer to nobody', 'an answer to no order'],
		['ready again', 'it reported ready twice, or never'],
		['more than was asked for', 'more bytes than requested'],
		['a flood', 'more bytes than requested'],
		['death', 'it ended with 0'],
		['a death by signal', 'it was killed by SIGSEGV'],
	])('%s', async (deed, why) => {
		const state = scratch();
		const fetcher = await fetcherForTest({ program: BAD, state });
		const other = order(fetcher, 'silence');
		const record = { code: 'fetcher-failed', facts: expect.objectContaining({ why }) };
		await Promise.all([
			expect(order(fetcher, deed)).rejects.toMatchObject({ record }),
			expect(other).rejects.toMatchObject({ record }),
		]);
		await until('it is killed', () => isGone(fetcher));
		await expect(order(fetcher, 'silence')).rejects.toMatchObject({ record });
		await fetcher.end();
		expect(readdirSync(state)).toEqual([]);
	});
});

test('its last words are kept for the log, and cannot steer a terminal', async () => {
	const fetcher = await fetcherForTest({ program: BAD });
	await expect(order(fetcher, 'its word of it')).rejects.toMatchObject({
		record: { message: expect.not.stringContaining('do as I say'), facts: { said: '?[2Jdo as I say' } },
	});
});

test('a child that goes on after it was told to stop is counted on, and ended', async () => {
	const fetcher = await fetcherForTest({ program: BAD });
	const full = {
		...NOWHERE,
		bytes: () => {
			throw new Error('the disk is full');
		},
	};
	const other = order(fetcher, 'silence');
	await Promise.all([
		expect(order(fetcher, 'more than was asked for', full)).rejects.toThrow('the disk is full'),
		expect(other).rejects.toMatchObject({ record: { code: 'fetcher-failed' } }),
	]);
});

test('an order that the caller cannot take is nobody else’s end', async () => {
	const port = await answeringServer((_, response) => response.end('x'.repeat(100)));
	const fetcher = await fetcherForTest();
	const url = `http://127.0.0.1:${port}/`;
	const full = {
		...NOWHERE,
		bytes: () => {
			throw new Error('the disk is full');
		},
	};
	const ends = await Promise.allSettled([
		order(fetcher, url, full),
		order(fetcher, url),
		order(fetcher, url, full),
		order(fetcher, url),
	]);
	expect(ends.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected', 'fulfilled']);
	expect(await order(fetcher, url)).toEqual({ kind: 'done' });
});

test('a child that falls silent is ended', async () => {
	const fetcher = await fetcherForTest({ program: BAD, limits: HASTY });
	await expect(order(fetcher, 'silence')).rejects.toMatchObject({
		record: { code: 'fetcher-failed', facts: { why: 'it fell silent' } },
	});
	await until('it is killed', () => isGone(fetcher));
});

test('an end in the middle fails what is under way', async () => {
	const state = scratch();
	const fetcher = await fetcherForTest({ program: BAD, state });
	const pending = order(fetcher, 'silence');
	await Promise.all([
		fetcher.end(),
		expect(pending).rejects.toMatchObject({ record: { code: 'fetcher-failed' } }),
	]);
	expect(isGone(fetcher)).toBe(true);
	expect(readdirSync(state)).toEqual([]);
});

test('a program that is not there is told as what it is', async () => {
	const state = scratch();
	await expect(fetcherForTest({ program: '/nowhere/main.ts', state })).rejects.toMatchObject({
		record: { code: 'fetcher-failed' },
	});
	expect(readdirSync(state)).toEqual([]);
});

test('what a fetcher that was killed left behind is removed by the next', async () => {
	const state = scratch();
	const left = join(state, 'fetcher-4194305-abcdef');
	mkdirSync(left);
	if (accountForTest() === undefined) writeFileSync(join(left, 'x'), '');
	writeFileSync(join(state, 'fetcher-4194305-other'), '');
	const fetcher = await fetcherForTest({ state });
	expect(readdirSync(state)).toHaveLength(2);
	await fetcher.end();
	expect(readdirSync(state)).toEqual(['fetcher-4194305-other']);
});
