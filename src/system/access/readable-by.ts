/** Whether another user can come to a file: by the modes of it and of every directory above it. */
import { existsSync, realpathSync, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Account } from '../process/sandbox.ts';

const READ = 4;
const SEARCH = 1;

/** What a user wants with a file: to read it, or to pass through it, which is then a directory. */
export type Use = 'reading' | 'passing';

/** Returns the first directory on the way, or the file itself, that is closed to this user; undefined when there is none, or no file. */
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
