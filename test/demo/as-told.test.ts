import { describe, expect as expectThat, test } from 'vitest';
import { expect } from '../../src/demo/as-told.ts';
import { problem } from '../../src/model/base/error.ts';

describe('what is not as told', () => {
	const { record } = problem('fetcher-failed', 'the fetcher is gone', 'ask again', {
		facts: { why: 'it ended with 1', said: 'no memory' },
	});

	test('is told with the facts of the error, since the box and its logs go with the demo', () => {
		const facts = { found: ['why: it ended with 1', 'said: no memory'] };
		expectThat(() => expect(false, 'it failed', record)).toThrow(
			expectThat.objectContaining({ record: expectThat.objectContaining({ code: 'demo-failed', facts }) }),
		);
	});

	test('may come without an error', () => {
		const record = expectThat.objectContaining({
			message: 'the demo did not go as told: it failed',
			facts: { found: [] },
		});
		expectThat(() => expect(false, 'it failed')).toThrow(expectThat.objectContaining({ record }));
	});
});

test('what is as told goes on', () => {
	expectThat(() => expect(true, 'it failed')).not.toThrow();
});
