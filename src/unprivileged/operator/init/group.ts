/** The group that may ring and read statuses: found by name, made when there is none. */
import { problem } from '../../../model/error.ts';
import { readAccounts } from '../../../system/accounts.ts';
import { runOrFail } from '../../../system/run-tool.ts';

export interface FoundGroup {
	readonly gid: number;
	readonly how: 'found' | 'made';
}

/** Returns the group's number, making a system group when there is none of that name. Throws `usage` for a name that is none. */
export async function ensureGroup(name: string): Promise<FoundGroup> {
	if (!/^[a-z_][a-z0-9_-]{0,31}$/.test(name))
		throw problem('usage', `cannot use ${JSON.stringify(name)} as a group`, 'name a group of small letters, digits, _ and -');
	const found = readAccounts().gidOf(name);
	if (found !== undefined) return { gid: found, how: 'found' };
	const hint = `make the group by hand (groupadd --system ${name}), or name another with --group`;
	const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' };
	await runOrFail({ program: 'groupadd', args: ['--system', name], env, timeout: 30_000 }, 'io-error', hint);
	const made = readAccounts().gidOf(name);
	if (made === undefined) throw problem('io-error', `cannot find the group ${name} that was just made`, hint);
	return { gid: made, how: 'made' };
}
