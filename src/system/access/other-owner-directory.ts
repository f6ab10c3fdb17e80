/**
 * Directories in the state that belong to another user. Root creates and removes them, and never acts on
 * their contents.
 */
import { chmodSync, chownSync, mkdirSync, rmdirSync } from 'node:fs';
import { lookAt, removeTree } from '../files/directories.ts';
import { runSync } from '../process/run-sync.ts';
import { type Account, sandboxed } from '../process/sandbox.ts';

/** Creates the directory, 0700 and owned by the account. */
export function makeOtherOwnerDirectory(path: string, account: Account | undefined): void {
	mkdirSync(path, { mode: 0o700 });
	chmodSync(path, 0o700);
	if (account !== undefined) chownSync(path, account.uid, account.gid);
}

/** Returns the owner of the directory, or undefined where it is ours or missing. */
export function ownerOf(path: string): Account | undefined {
	const stats = lookAt(path);
	return stats === undefined || stats.uid === process.geteuid?.()
		? undefined
		: { uid: stats.uid, gid: stats.gid };
}

/** Removes the directory with its contents, if it exists. */
export function removeOtherOwnerDirectory(path: string): void {
	const owner = ownerOf(path);
	if (owner === undefined) {
		removeTree(path);
		return;
	}
	findAs(owner, path, ['-delete']);
	rmdirSync(path);
}

/** Runs `find` below the directory as its owner, so links in it can mislead only that user. */
export function findAs(owner: Account | undefined, path: string, words: readonly string[]): void {
	const command = ['find', '.', '-mindepth', '1', ...words];
	const sandbox = sandboxed(command, { account: owner, processes: 4096, openFiles: 1024 });
	runSync({ ...sandbox, cwd: path, timeout: 600_000, env: { PATH: '/usr/bin:/bin' } });
}
