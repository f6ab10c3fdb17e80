/** The group that may write signals, and the user of the fetcher: found by name, created if missing. */
import { problem } from '../../model/base/error.ts';
import { readAccounts } from '../../system/access/accounts.ts';
import { runOrFail } from '../../system/process/run-tool.ts';

export interface FoundAccount {
	/** The gid of a group, the uid of a user. */
	readonly id: number;
	readonly how: 'found' | 'made';
}

/** Returns the group; creates a system group if none has this name. Trust: the name is checked. */
export async function ensureGroup(name: string): Promise<FoundAccount> {
	const hint = `create the group yourself (groupadd --system ${name}), or name another with --group`;
	return await ensure('groupadd', ['--system', name], hint, () => readAccounts().gidOf(name));
}

/**
 * Returns the user; creates a system user without home and shell, in a group of its own, if none has this
 * name. A number needs no account.
 */
export async function ensureUser(user: string | number): Promise<FoundAccount> {
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
	const hint = `create the user yourself (useradd ${args.join(' ')}), or name another with --fetcher`;
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
		throw problem('io-error', `cannot find the account that ${program} has just created`, hint);
	return { id: made, how: 'made' };
}
