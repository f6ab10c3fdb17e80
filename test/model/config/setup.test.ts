/** The request of init to setup, and its answer: every field is checked, on both sides. */
import { describe, expect, test } from 'vitest';
import { parseSetupAnswer, parseSetupRequest } from '../../../src/model/config/setup.ts';

const ACCOUNTS = { group: 'signalbox', fetcher: 'signalbox-fetcher', statuses: 'ours' };
const REQUEST = { root: '/citadel', state: '/var/lib/signalbox', accounts: ACCOUNTS };

describe('the request', () => {
	test.each([
		['names of accounts', ACCOUNTS],
		['a fetcher by number', { ...ACCOUNTS, fetcher: 998 }],
		['statuses shared with older managers', { ...ACCOUNTS, statuses: 'shared' }],
		['no accounts', null],
	])('accepts %s', (_what, accounts) => {
		expect(parseSetupRequest({ ...REQUEST, accounts })).toEqual({ ...REQUEST, accounts });
	});

	test('drops unknown keys', () => {
		expect(parseSetupRequest({ ...REQUEST, mode: 0o777 })).toEqual(REQUEST);
	});

	test.each<[string, unknown]>([
		['nothing', undefined],
		['a list', []],
		['a relative root', { ...REQUEST, root: 'citadel' }],
		['a state with a NUL', { ...REQUEST, state: '/var\0' }],
		['a state that is no text', { ...REQUEST, state: 1 }],
		['missing accounts', { root: '/a', state: '/b' }],
		['a group that looks like an option', { ...REQUEST, accounts: { ...ACCOUNTS, group: '-r' } }],
		['no group', { ...REQUEST, accounts: { ...ACCOUNTS, group: undefined } }],
		['a user with a colon', { ...REQUEST, accounts: { ...ACCOUNTS, fetcher: 'a:b' } }],
		['a negative uid', { ...REQUEST, accounts: { ...ACCOUNTS, fetcher: -1 } }],
		['a uid that means "unchanged"', { ...REQUEST, accounts: { ...ACCOUNTS, fetcher: 2 ** 32 - 1 } }],
		['other statuses', { ...REQUEST, accounts: { ...ACCOUNTS, statuses: true } }],
	])('rejects %s', (_what, value) => {
		expect(() => parseSetupRequest(value)).toThrow(/cannot/);
	});
});

describe('the answer', () => {
	const made = [{ kind: 'group', name: 'signalbox', id: 998 }];
	const entries = [{ path: '/citadel/events', what: 'made' }];

	test('accepts what was prepared', () => {
		const answer = { made, result: { kind: 'prepared', entries } };
		expect(parseSetupAnswer(answer)).toEqual(answer);
	});

	test('accepts an error, with the accounts that were created before it', () => {
		const error = { code: 'tree-unsafe', message: 'cannot', hint: 'move', retry: 'never', facts: {} };
		const answer = { made, result: { kind: 'failed', error } };
		expect(parseSetupAnswer(answer)).toEqual(answer);
	});

	test.each<[string, unknown]>([
		['nothing', undefined],
		['no accounts', { result: { kind: 'prepared', entries } }],
		[
			'an account without a number',
			{ made: [{ kind: 'group', name: 'x' }], result: { kind: 'prepared', entries } },
		],
		['no entries', { made, result: { kind: 'prepared' } }],
		[
			'an entry of an unknown kind',
			{ made, result: { kind: 'prepared', entries: [{ path: '/a', what: 'gone' }] } },
		],
		['an error without a message', { made, result: { kind: 'failed', error: {} } }],
		['an unknown result', { made, result: { kind: 'done', entries } }],
	])('rejects %s', (_what, value) => {
		expect(parseSetupAnswer(value)).toBeUndefined();
	});
});
