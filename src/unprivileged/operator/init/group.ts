/** The group that may ring and read statuses: found by name, made when there is none. */
import { problem } from '../../../model/error.ts';
import { readAccounts } from '../../../system/accounts.ts';
import { runOrFail } from '../../../system/run-tool.ts';

export interface FoundGroup {
	readonly gid: number;
	readonly how: 'found' | 'made';
}

/** Throws `usage` for a text that is no name of a group: it goes into a configuration and to a program. */
export function requireGroupName(text: string): void {
	if (/^[a-z_][a-z0-9_-]{0,31}$/.test(text)) return;
	throw problem('usage', `cannot use ${JSON.stringify(text)} as a group`, 'name a group of small letters, digits, _ and -');
}

/** Returns the group's number, making a system group when there is none of that name. */
export async function ensureGroup(name: string): Promise<FoundGroup> {
	requireGroupName(name);
	const found = readAccounts().gidOf(name);
	if (found !== undefined) return { gid: found, how: 'found' };
	const hint = `make the group by hand (groupadd --system ${name}), or name another with --group`;
	const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' };
	await runOrFail({ program: 'groupadd', args: ['--system', name], env, timeout: 30_000 }, 'io-error', hint);
	const made = readAccounts().gidOf(name);
	if (made === undefined) throw problem('io-error', `cannot find the group ${name} that was just made`, hint);
	return { gid: made, how: 'made' };
}
