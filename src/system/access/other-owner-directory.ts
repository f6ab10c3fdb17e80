/** Directories in the state that belong to another user: root makes them and takes their names away, and never acts on what is in them. */
import { chmodSync, chownSync, mkdirSync, rmdirSync } from 'node:fs';
import { lookAt, removeTree } from '../files/files.ts';
import { runSync } from '../process/run-sync.ts';
import { type Account, sandboxed } from '../process/sandbox.ts';

/** Makes the directory, 0700 and the account's. */
export function makeOtherOwnerDirectory(path: string, account: Account | undefined): void {
	mkdirSync(path, { mode: 0o700 });
	chmodSync(path, 0o700);
	if (account !== undefined) chownSync(path, account.uid, account.gid);
}

/** Returns whose the directory is, where it is not ours; undefined for ours, and for none. */
export function ownerOf(path: string): Account | undefined {
	const stats = lookAt(path);
	return stats === undefined || stats.uid === process.geteuid?.()
		? undefined
		: { uid: stats.uid, gid: stats.gid };
}

/** Removes the directory, if it is there, and all that is in it. */
export function removeOtherOwnerDirectory(path: string): void {
	const owner = ownerOf(path);
	if (owner === undefined) {
		removeTree(path);
		return;
	}
	findAs(owner, path, ['-delete']);
	rmdirSync(path);
}

/** Does what `find` does, below the directory, as the user whose it is: links in it lead that user astray, and nobody else. */
export function findAs(owner: Account | undefined, path: string, words: readonly string[]): void {
	const command = ['find', '.', '-mindepth', '1', ...words];
	const sandbox = sandboxed(command, { account: owner, processes: 4096, openFiles: 1024 });
	runSync({ ...sandbox, cwd: path, timeout: 600_000, env: { PATH: '/usr/bin:/bin' } });
}
