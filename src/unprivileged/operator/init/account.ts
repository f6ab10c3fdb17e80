/** The group that may ring, and the user who reads the network: found by name, made when there is none. */
import { problem } from '../../../model/base/error.ts';
import { readAccounts } from '../../../system/access/accounts.ts';
import { runOrFail } from '../../../system/process/run-tool.ts';
import { requireAccountName } from './account-name.ts';

export interface FoundAccount {
	/** The gid of a group, the uid of a user. */
	readonly id: number;
	readonly how: 'found' | 'made';
}

/** Returns the group, making a system group when there is none of that name. */
export async function ensureGroup(name: string): Promise<FoundAccount> {
	requireAccountName(name, 'group');
	const hint = `make the group by hand (groupadd --system ${name}), or name another with --group`;
	return await ensure('groupadd', ['--system', name], hint, () => readAccounts().gidOf(name));
}

/** Returns the user, making a system user when there is none of that name: no home, no shell, a group of its own. A number needs none. */
export async function ensureUser(user: string | number): Promise<FoundAccount> {
	if (typeof user === 'string') requireAccountName(user, 'user');
	const args = [
		'--system',
		'--user-group',
		'--no-create-home',
		'--home-dir',
		'/nonexistent',
		'--shell',
		'/usr/sbin/nologin',
		String(user),
	];
	const hint = `make the user by hand (useradd ${args.join(' ')}), or name another with --fetcher`;
	return await ensure('useradd', args, hint, () => readAccounts().uidOf(user));
}

async function ensure(
	program: string,
	args: readonly string[],
	hint: string,
	look: () => number | undefined,
): Promise<FoundAccount> {
	const found = look();
	if (found !== undefined) return { id: found, how: 'found' };
	await runOrFail(
		{ program, args, env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' }, timeout: 30_000 },
		'io-error',
		hint,
	);
	const made = look();
	if (made === undefined)
		throw problem('io-error', `cannot find the account that ${program} has just made`, hint);
	return { id: made, how: 'made' };
}
