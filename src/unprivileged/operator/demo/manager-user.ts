/** Who the demo's manager runs as: nobody, where root runs the demo and nobody may read this checkout; else the caller. */
import { realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readAccounts } from '../../../system/accounts.ts';
import { nodeProgram } from '../../../system/program.ts';

export type ManagerUser =
	| { readonly kind: 'other'; readonly name: string; readonly uid: number; readonly gid: number; readonly group: string }
	/** `group` is what the configuration names; only root's roots have one. */
	| { readonly kind: 'caller'; readonly group: string };

/** Names that the group of nobody has on the distributions of the field. */
const GROUPS: readonly string[] = ['nogroup', 'nobody'];

export function chooseManagerUser(uid: number): ManagerUser {
	const accounts = readAccounts();
	const nobody = accounts.uidOf('nobody');
	const group = GROUPS.find((name) => accounts.gidOf(name) !== undefined);
	const gid = group === undefined ? undefined : accounts.gidOf(group);
	if (uid !== 0 || nobody === undefined || group === undefined || gid === undefined) return { kind: 'caller', group: 'root' };
	if (!isOpen(nodeProgram) || !isOpen(fileURLToPath(import.meta.url))) return { kind: 'caller', group: 'root' };
	return { kind: 'other', name: 'nobody', uid: nobody, gid, group };
}

/** Whether everybody may read the file and pass through the directories above it. */
function isOpen(file: string): boolean {
	const path = realpathSync(file);
	if ((statSync(path).mode & 0o004) === 0) return false;
	for (let at = dirname(path); at !== '/'; at = dirname(at)) if ((statSync(at).mode & 0o001) === 0) return false;
	return true;
}
