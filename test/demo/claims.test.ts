import { describe, expect as expectThat, test } from 'vitest';
import { expect } from '../../src/demo/claims.ts';
import { problem } from '../../src/model/base/error.ts';

describe('a claim that does not hold', () => {
	const { record } = problem('fetcher-failed', 'the fetcher is gone', 'ask again', {
		facts: { why: 'it ended with 1', said: 'no memory' },
	});

	test('is reported with the facts of the error, because the box and its logs are removed', () => {
		const facts = { found: ['why: it ended with 1', 'said: no memory'] };
		expectThat(() => expect(false, 'it failed', record)).toThrow(
			expectThat.objectContaining({ record: expectThat.objectContaining({ code: 'demo-failed', facts }) }),
		);
	});

	test('is reported without an error of the box too', () => {
		const record = expectThat.objectContaining({
			message: 'the demo failed: it failed',
			facts: { found: [] },
		});
		expectThat(() => expect(false, 'it failed')).toThrow(expectThat.objectContaining({ record }));
	});
});

test('returns for a claim that holds', () => {
	expectThat(() => expect(true, 'it failed')).not.toThrow();
});
