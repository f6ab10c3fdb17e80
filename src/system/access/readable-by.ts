/** Whether another user can read a file, by its mode and the modes of every directory above it. */
import { existsSync, realpathSync, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Account } from '../process/sandbox.ts';

const READ = 4;
const SEARCH = 1;

/** The access that a user needs: reading a file, or passing through a directory. */
export type Use = 'reading' | 'passing';

/**
 * Returns the first directory of the path, or the file, that this user cannot access; undefined if all can be
 * accessed or are missing.
 */
export function findClosed(path: string, account: Account, use: Use = 'reading'): string | undefined {
	if (!existsSync(path)) return undefined;
	const real = realpathSync(path);
	const above: string[] = [];
	for (let at = dirname(real); ; at = dirname(at)) {
		above.unshift(at);
		if (at === '/') break;
	}
	const closed = above.find((directory) => !allows(statSync(directory), account, SEARCH));
	return closed ?? (allows(statSync(real), account, use === 'reading' ? READ : SEARCH) ? undefined : real);
}

function allows({ mode, uid, gid }: Stats, account: Account, what: number): boolean {
	const shift = uid === account.uid ? 6 : gid === account.gid ? 3 : 0;
	return ((mode >> shift) & what) !== 0;
}
