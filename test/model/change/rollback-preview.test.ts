/** What a payload says of the data, and what the updater says of the way back. */
import { describe, expect, test } from 'vitest';
import { problem } from '../../../src/model/base/error.ts';
import { parseRollbackPreview, readDataChoice } from '../../../src/model/change/rollback-preview.ts';

describe('the payload of a rollback', () => {
	test.each([
		['', 'restore'],
		['  \n', 'restore'],
		['true', 'restore'],
		['1', 'restore'],
		['null', 'restore'],
		['{}', 'restore'],
		['{"data": null, "by": "dashboard"}', 'restore'],
		['restore', 'restore'],
		['keep\n', 'keep'],
		['"keep"', 'keep'],
		['{"data": "keep"}', 'keep'],
	])('%j: %s', (payload, choice) => {
		expect(readDataChoice(payload)).toBe(choice);
	});

	test.each([
		'{"data": "all"}',
		'everything',
		'KEEP',
		'["keep"]',
		'{"data": {"keep": true}}',
		'{"data": "keep"',
	])('%s is refused', (payload) => {
		expect(() => readDataChoice(payload)).toThrow(
			expect.objectContaining({ record: expect.objectContaining({ code: 'wish-unreadable' }) }),
		);
	});
});

describe('what the updater prints', () => {
	const { record } = problem('data-too-new', 'cannot keep it', 'say --data restore');
	const way = {
		...{
			from: '1.1.0',
			to: '1.0.0',
			change: '20261121-093000-1a2b',
			at: '2026-11-21T09:30:00.000Z',
			bytes: 5,
			data: ['db'],
		},
		...{ written: { count: 1, paths: ['db/x'] }, refused: { restore: null, keep: record } },
	};

	test('is read as it was written', () => {
		expect(parseRollbackPreview(JSON.stringify(way))).toEqual(way);
	});

	test.each(['', 'cannot', '[]', '{"error": {}}', '{"to": 1, "at": ""}'])('%j is nothing', (text) => {
		expect(parseRollbackPreview(text)).toBeUndefined();
	});
});
