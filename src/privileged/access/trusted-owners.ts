/** Whose files root runs: root's own, the one ordinary user's who runs everything, and a hole the operator spelt out. */
import type { Config } from '../../model/config/config.ts';
import { readAccounts } from '../../system/access/accounts.ts';

export function trustedOwners(config: Config): readonly number[] {
	const self = process.geteuid?.() ?? 0;
	const { treeOwner } = config.compat;
	const accepted = treeOwner === undefined ? undefined : readAccounts().uidOf(treeOwner);
	return accepted === undefined ? [self] : [self, accepted];
}
