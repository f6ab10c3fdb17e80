/** The bare store on disk: whose it is, whether all of it is there, and how it is made anew. */
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
 * Makes the bare store if it is not there, and mends what a git that was killed has left in it. The caller
 * alone uses the store. One that is another user's than git's, or holds what we did not put there, is made
 * anew; so is one that a power cut damaged, as git does not sync all that it writes.
 */
export async function makeStore(remote: GitRemote): Promise<void> {
	const account = openState(remote);
	if (!isGits(remote)) removeOtherOwnerDirectory(remote.store);
	await mend(remote);
	if (existsSync(remote.store) && !isAsMade(remote.store)) removeOtherOwnerDirectory(remote.store);
	if (existsSync(remote.store)) return;
	beginWriting(remote);
	makeOtherOwnerDirectory(remote.store, account);
	const end = await git(remote, ['init', '--quiet', '--bare', '--template=', '--', remote.store], 'none');
	if (end.kind !== 'done') throw storeProblem(remote, end);
}

/**
 * Lets the account through the state directory to the store, and nobody else; it can neither list nor read
 * what else is there.
 */
function openState({ store, account }: GitRemote): Account | undefined {
	const other = account?.();
	if (other === undefined) return undefined;
	chownSync(dirname(store), 0, other.gid);
	chmodSync(dirname(store), 0o710);
	return other;
}

/** Returns whether the store, if there is one, is the user's who runs git. */
function isGits({ store, account }: GitRemote): boolean {
	return !existsSync(store) || ownerOf(store)?.uid === account?.()?.uid;
}

/** Returns whether there is a store that git can use. */
export function hasStore(remote: GitRemote): boolean {
	if (!existsSync(remote.store) || !isGits(remote)) return false;
	openState(remote);
	return true;
}

async function mend(remote: GitRemote): Promise<void> {
	if (!existsSync(remote.store)) return;
	sweep(remote.store);
	if (isUnsealed(remote) && !(await isSound(remote))) removeOtherOwnerDirectory(remote.store);
}

/** There while the store holds what may not be on disk. */
function unsynced({ store }: GitRemote): string {
	return `${store}.unsynced`;
}

/** Called before anything is written to the store. Crash: the next makeStore looks the store through. */
export function beginWriting(remote: GitRemote): void {
	replaceDurably(unsynced(remote), '');
}

/** Returns whether what was written last did not come to its end. */
export function isUnsealed(remote: GitRemote): boolean {
	return existsSync(unsynced(remote));
}

/** Called when all was written: it is on disk after that. */
export async function seal(remote: GitRemote): Promise<void> {
	await syncFileSystem(remote.store);
	rmSync(unsynced(remote), { force: true });
}

/** Returns whether all that the store's refs lead to is there and is what its name says. */
async function isSound(remote: GitRemote): Promise<boolean> {
	return (await git(remote, ['fsck', '--full', '--no-dangling', '--no-progress'], 'store')).kind === 'done';
}

/**
 * Removes what a git has left: locks, which would be in the way for ever, and halves of packs. One that ended
 * well may have left them too, where the disk did not let it clean up.
 */
export function sweep(store: string): void {
	const names = ['*.lock', 'tmp_*', '.tmp-*'].flatMap((name) => ['-o', '-name', name]);
	findAs(ownerOf(store), store, ['-depth', '(', '-path', '*/tmp_*', ...names, ')', '-delete']);
}
