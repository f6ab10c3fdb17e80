/** Which release of a plan a request means, and the error for requests that mean none. */
import { expect, test } from 'vitest';
import type { Available } from '../../../../src/model/release/plan.ts';
import { parseTag } from '../../../../src/model/release/tag.ts';
import { chooseRelease } from '../../../../src/unprivileged/manager/requests/choose-release.ts';
import { noPath, planNow } from '../box-for-tests.ts';

test.each<[string, Partial<Available>, string | undefined, string]>([
	['nothing requested: the next one', {}, undefined, 'v0.4.18'],
	['the next one by name', {}, 'v0.4.18', 'v0.4.18'],
	['the end of the path', {}, '0.5.0', '0.5.0'],
	['the end of the path, spelt with a v', {}, 'v0.5.0', '0.5.0'],
	['the installed one', {}, 'v0.4.17', 'up-to-date'],
	['an older one', {}, 'v0.4.2', 'wish-not-newer'],
	['an older one while there is no path', noPath('up-to-date'), 'v0.4.2', 'wish-not-newer'],
	['one beside the path', {}, 'v0.4.19', 'wish-not-on-path'],
	['a newer one while there is no path', noPath('missing-tag'), 'v0.4.19', 'missing-tag'],
	['nothing requested and no path', noPath('no-compatible-path'), undefined, 'no-compatible-path'],
	['nothing requested, no path and no reason', { path: [] }, undefined, 'up-to-date'],
])('%s', (_, plan, wish, expected) => {
	expect(chosen(planNow(plan), wish)).toBe(expected);
});

function chosen(plan: Available, wish: string | undefined): unknown {
	try {
		return chooseRelease(plan, wish === undefined ? undefined : parseTag(wish)).tag;
	} catch (thrown) {
		return (thrown as { record: { code: string } }).record.code;
	}
}
