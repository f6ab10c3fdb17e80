import { describe, expect, test } from 'vitest';
import { Accounts, readAccounts } from '../../../src/system/access/accounts.ts';

const passwd = `root:x:0:0:root:/root:/bin/bash
daemon:x:1:1::/usr/sbin:/usr/sbin/nologin
citadel:x:1000:1000:Citadel,,,:/home/citadel:/bin/bash
guest:x:1001:50::
# a comment
broken:x:one:two::/:/bin/sh
+::::::
:x:7:7::/:
`;
const group = `root:x:0:
staff:x:50:
signalbox:x:990:citadel,nobody-here,daemon
citadel:x:1000:
bad:x:-1:
`;
const accounts = new Accounts(passwd, group);

describe('uids', () => {
	test.each([
		['citadel', 1000],
		['root', 0],
		[1234, 1234],
		['broken', undefined],
		['nobody-here', undefined],
		['', undefined],
	])('of %s: %s', (user, uid) => {
		expect(accounts.uidOf(user)).toBe(uid);
	});
});

describe('groups', () => {
	test.each([
		['signalbox', 990],
		['bad', undefined],
		['missing', undefined],
	])('gid of %s: %s', (name, gid) => {
		expect(accounts.gidOf(name)).toBe(gid);
	});

	test.each([
		['those it lists and that exist', 990, [1, 1000]],
		['those whose own group it is', 50, [1001]],
		['nobody in a group that is not there', 4242, []],
	])('members: %s', (_what, gid, members) => {
		expect(accounts.membersOf(gid).sort()).toEqual(members);
	});
});

describe('users', () => {
	test('by uid', () => {
		expect(accounts.userOf(1000)).toEqual({ name: 'citadel', uid: 1000, gid: 1000, home: '/home/citadel' });
	});

	test('an empty home is the root directory', () => {
		expect(accounts.userOf(1001).home).toBe('/');
	});

	test('one without an account has a name and a home all the same', () => {
		expect(accounts.userOf(4242)).toEqual({ name: '4242', uid: 4242, gid: 4242, home: '/' });
	});
});

test('the machine has a root', () => {
	expect(readAccounts().userOf(0)).toMatchObject({ name: 'root', uid: 0, home: '/root' });
	expect(readAccounts().uidOf('root')).toBe(0);
});
