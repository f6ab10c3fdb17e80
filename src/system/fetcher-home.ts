/** The fetcher’s own directory, for as long as it runs: in the state, which nobody else can enter. */
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Account, confined } from './confined.ts';
import { errnoOf, removeTree } from './files.ts';

/** Makes the directory, 0700 and the account's. Those whose makers were killed are removed before. */
export function makeHome(state: string, account: Account | undefined): string {
	for (const name of readdirSync(state)) if (isAbandoned(name)) removeHome(join(state, name), account);
	const home = mkdtempSync(join(state, `fetcher-${process.pid}-`));
	chmodSync(home, 0o700);
	if (account !== undefined) chownSync(home, account.uid, account.gid);
	return home;
}

function isAbandoned(name: string): boolean {
	const [, pid] = /^fetcher-(\d+)-\w{6}$/.exec(name) ?? [];
	return pid !== undefined && Number(pid) !== process.pid && !existsSync(`/proc/${pid}`);
}

export function removeHome(home: string, account: Account | undefined): void {
	try {
		rmdirSync(home);
	} catch (thrown) {
		if (errnoOf(thrown) === 'ENOENT') return;
		if (errnoOf(thrown) !== 'ENOTEMPTY') throw thrown;
		if (account === undefined) removeTree(home);
		else empty(home, account);
	}
}

/** What is in it is another user's, who could put links into root's way: so it is that user who empties it. */
function empty(home: string, account: Account): void {
	const limits = { data: 256 * 1024 ** 2, file: 0, processes: 256, openFiles: 256 };
	const { program, args } = confined(['find', '.', '-mindepth', '1', '-delete'], { account, ...limits });
	spawnSync(program, args, { cwd: home, stdio: 'ignore', timeout: 60_000, env: { PATH: '/usr/bin:/bin' } });
	rmdirSync(home);
}
