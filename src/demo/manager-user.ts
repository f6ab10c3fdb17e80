/**
 * The user of the demo's manager: `nobody` if root runs the demo and `nobody` can read the manager's files;
 * otherwise the caller.
 */
import { realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { readAccounts } from '../system/access/accounts.ts';
import { nodeProgram, programPath } from '../system/process/program.ts';

export type ManagerUser =
	| {
			readonly kind: 'other';
			readonly name: string;
			readonly uid: number;
			readonly gid: number;
			readonly group: string;
	  }
	/** `group` is the group in the configuration; only roots that belong to root have one. */
	| { readonly kind: 'caller'; readonly group: string };

/** Names of the group of `nobody` on common distributions. */
const GROUPS: readonly string[] = ['nogroup', 'nobody'];

/** `box` is the directory of the demo. */
export function chooseManagerUser(uid: number, box: string): ManagerUser {
	const accounts = readAccounts();
	const nobody = accounts.uidOf('nobody');
	const group = GROUPS.find((name) => accounts.gidOf(name) !== undefined);
	const gid = group === undefined ? undefined : accounts.gidOf(group);
	if (uid !== 0 || nobody === undefined || group === undefined || gid === undefined)
		return { kind: 'caller', group: 'root' };
	const reached = [dirname(realpathSync(nodeProgram)), dirname(programPath('manager')), box].every(isOpen);
	if (!reached) return { kind: 'caller', group: 'root' };
	return { kind: 'other', name: 'nobody', uid: nobody, gid, group };
}

/** Whether every user may pass through the directory and all directories above it. */
function isOpen(directory: string): boolean {
	for (let at = directory; at !== '/'; at = dirname(at)) if ((statSync(at).mode & 0o001) === 0) return false;
	return true;
}
