/** The fetcher’s own directory while it runs, inside the state directory, which no other user can enter. */
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { removeOtherOwnerDirectory } from '../access/other-owner-directory.ts';
import type { Account } from '../process/sandbox.ts';

/**
 * Creates the directory, 0700 and owned by the account. Directories left by killed updaters are removed
 * first.
 */
export function makeHome(state: string, account: Account | undefined): string {
	for (const name of readdirSync(state)) if (isAbandoned(name)) removeOtherOwnerDirectory(join(state, name));
	const home = mkdtempSync(join(state, `fetcher-${process.pid}-`));
	chmodSync(home, 0o700);
	if (account !== undefined) chownSync(home, account.uid, account.gid);
	return home;
}

function isAbandoned(name: string): boolean {
	const [, pid] = /^fetcher-(\d+)-\w{6}$/.exec(name) ?? [];
	return pid !== undefined && Number(pid) !== process.pid && !existsSync(`/proc/${pid}`);
}
