/** The bare store on disk: checks its owner and completeness, and recreates it if needed. */
import { chmodSync, chownSync, existsSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import {
	findAs,
	makeOtherOwnerDirectory,
	ownerOf,
	removeOtherOwnerDirectory,
} from '../access/other-owner-directory.ts';
import { syncFileSystem } from '../files/disk.ts';
import { replaceDurably } from '../files/replace-file.ts';
import type { Account } from '../process/sandbox.ts';
import { type GitRemote, git } from './command.ts';
import { storeProblem } from './problem.ts';
import { isAsMade } from './store-shape.ts';

/**
 * Creates the bare store if it is missing, and removes what a killed git left in it. Requires exclusive
 * access to the store. A store with another owner than git's user, or with unexpected content, is recreated.
 * So is a store damaged by a power cut, because git does not sync everything it writes.
 */
export async function makeStore(remote: GitRemote): Promise<void> {
	const account = openState(remote);
	if (!isGits(remote)) removeOtherOwnerDirectory(remote.store);
	await repair(remote);
	if (existsSync(remote.store) && !isAsMade(remote.store)) removeOtherOwnerDirectory(remote.store);
	if (existsSync(remote.store)) return;
	beginWriting(remote);
	makeOtherOwnerDirectory(remote.store, account);
	const end = await git(remote, ['init', '--quiet', '--bare', '--template=', '--', remote.store], 'none');
	if (end.kind !== 'done') throw storeProblem(remote, end);
}

/**
 * Gives the account, and no other user, access through the state directory to the store. The account can
 * neither list nor read anything else there.
 */
function openState({ store, account }: GitRemote): Account | undefined {
	const other = account?.();
	if (other === undefined) return undefined;
	chownSync(dirname(store), 0, other.gid);
	chmodSync(dirname(store), 0o710);
	return other;
}

/** Returns whether the store is missing or belongs to the user who runs git. */
function isGits({ store, account }: GitRemote): boolean {
	return !existsSync(store) || ownerOf(store)?.uid === account?.()?.uid;
}

/** Returns whether there is a store that git can use. */
export function hasStore(remote: GitRemote): boolean {
	if (!existsSync(remote.store) || !isGits(remote)) return false;
	openState(remote);
	return true;
}

async function repair(remote: GitRemote): Promise<void> {
	if (!existsSync(remote.store)) return;
	sweep(remote.store);
	if (isUnsealed(remote) && !(await isSound(remote))) removeOtherOwnerDirectory(remote.store);
}

/** This file exists while the store may contain unsynced data. */
function unsynced({ store }: GitRemote): string {
	return `${store}.unsynced`;
}

/** Called before anything is written to the store. Crash: the next makeStore checks the store. */
export function beginWriting(remote: GitRemote): void {
	replaceDurably(unsynced(remote), '');
}

/** Returns whether the last write to the store did not finish. */
export function isUnsealed(remote: GitRemote): boolean {
	return existsSync(unsynced(remote));
}

/** Called after the last write. Everything is on disk once it returns. */
export async function seal(remote: GitRemote): Promise<void> {
	await syncFileSystem(remote.store);
	rmSync(unsynced(remote), { force: true });
}

/** Returns whether every object that the store's refs reach exists and matches its id. */
async function isSound(remote: GitRemote): Promise<boolean> {
	return (await git(remote, ['fsck', '--full', '--no-dangling', '--no-progress'], 'store')).kind === 'done';
}

/**
 * Removes leftovers of git: locks, which would block it forever, and partial packs. Even a git that succeeded
 * may leave them if the disk prevented its cleanup.
 */
export function sweep(store: string): void {
	const names = ['*.lock', 'tmp_*', '.tmp-*'].flatMap((name) => ['-o', '-name', name]);
	findAs(ownerOf(store), store, ['-depth', '(', '-path', '*/tmp_*', ...names, ')', '-delete']);
}
