/**
 * Users whose files root runs: root, or the one ordinary user who runs everything, and `compat.tree_owner`.
 */
import type { Config } from '../../model/config/config.ts';
import { readAccounts } from '../../system/access/accounts.ts';

export function trustedOwners(config: Config): readonly number[] {
	const self = process.geteuid?.() ?? 0;
	const { treeOwner } = config.compat;
	const accepted = treeOwner === undefined ? undefined : readAccounts().uidOf(treeOwner);
	return accepted === undefined ? [self] : [self, accepted];
}
