/** Users and groups of the machine, read from /etc/passwd and /etc/group without starting a program. */
import { readFileSync } from 'node:fs';
import { errnoOf } from '../../model/base/errno.ts';

export interface User {
	readonly name: string;
	readonly uid: number;
	readonly gid: number;
	readonly home: string;
}

interface Group {
	readonly name: string;
	readonly gid: number;
	readonly members: readonly string[];
}

/** The accounts at the time of reading. */
export class Accounts {
	readonly #users: readonly User[];
	readonly #groups: readonly Group[];

	/** `passwd` and `group` are the texts of the two files; lines that are not accounts are skipped. */
	constructor(passwd: string, group: string) {
		this.#users = passwd.split('\n').flatMap(parseUser);
		this.#groups = group.split('\n').flatMap(parseGroup);
	}

	/** Returns the uid of a user named by name or number, or undefined. A number needs no account. */
	uidOf(user: string | number): number | undefined {
		return typeof user === 'number' ? user : this.#users.find(({ name }) => name === user)?.uid;
	}

	gidOf(group: string): number | undefined {
		return this.#groups.find(({ name }) => name === group)?.gid;
	}

	/** Returns the uids of a group's members: the listed ones, and users whose primary group it is. */
	membersOf(gid: number): number[] {
		const listed = new Set(
			this.#groups.filter((group) => group.gid === gid).flatMap(({ members }) => members),
		);
		return this.#users.filter((user) => user.gid === gid || listed.has(user.name)).map(({ uid }) => uid);
	}

	/** Returns the account of a uid; a uid without an account gets its number as name and `/` as home. */
	userOf(uid: number): User {
		return this.#users.find((user) => user.uid === uid) ?? { name: String(uid), uid, gid: uid, home: '/' };
	}
}

/** Reads the accounts of the machine. A missing file means no accounts. */
export function readAccounts(): Accounts {
	return new Accounts(readText('/etc/passwd'), readText('/etc/group'));
}

function parseUser(line: string): User[] {
	const [name = '', , uid = '', gid = '', , home = ''] = line.split(':');
	return name !== '' && isId(uid) && isId(gid)
		? [{ name, uid: Number(uid), gid: Number(gid), home: home === '' ? '/' : home }]
		: [];
}

function parseGroup(line: string): Group[] {
	const [name = '', , gid = '', members = ''] = line.split(':');
	return name !== '' && isId(gid)
		? [{ name, gid: Number(gid), members: members.split(',').filter((member) => member !== '') }]
		: [];
}

function isId(text: string): boolean {
	return /^\d{1,10}$/.test(text);
}

function readText(path: string): string {
	try {
		return readFileSync(path, 'utf8');
	} catch (thrown) {
		if (errnoOf(thrown) === 'ENOENT') return '';
		throw thrown;
	}
}
