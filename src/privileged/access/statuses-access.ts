/** Who may read what root publishes: members of the configured group (design §2). */
import type { Config } from '../../model/config/config.ts';
import { readAccounts } from '../../system/access/accounts.ts';
import type { Access } from '../../system/files/replace-file.ts';

export interface StatusesAccess {
	/** Reports: root writes, the group reads. */
	readonly published: Access;
	/** update-status.json: the manager sets `updateTo` in it. */
	readonly shared: Access;
	/** Mode of `statuses/` and of the directories in it. */
	readonly directory: Access;
}

/**
 * Where one ordinary user runs everything, the files are that user's. Without the group only root can read
 * them.
 */
export function statusesAccess(config: Pick<Config, 'group'>): StatusesAccess {
	const gid = process.geteuid?.() === 0 ? readAccounts().gidOf(config.group) : undefined;
	const group = gid === undefined ? {} : { uid: 0, gid };
	return {
		published: { mode: 0o640, ...group },
		shared: { mode: 0o660, ...group },
		directory: { mode: 0o750, ...group },
	};
}
