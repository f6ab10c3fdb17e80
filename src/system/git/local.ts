/** A source on this machine: a path that the account reads for us. */
import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { ownerOf } from '../access/other-owner-directory.ts';
import type { Account } from '../process/sandbox.ts';
import { type GitRemote, protocolOf } from './command.ts';

export interface LocalSource {
	readonly path: string;
	/** Who reads it, and is not us. */
	readonly account: Account;
}

/**
 * Returns the source where it is a path of this machine and somebody else than us reads it; undefined: git
 * looks after itself.
 */
export function localSource(remote: GitRemote): LocalSource | undefined {
	const account = protocolOf(remote.url) === 'file' ? remote.account?.() : undefined;
	return account === undefined ? undefined : { path: remote.url.replace(/^file:\/\/[^/]*/, ''), account };
}

/**
 * Returns the options of a transfer. A path on this machine is served by a git of ours; run by the account,
 * that one finds that the repository is another user's, and may believe it all the same: whose it is was
 * looked at by us (isOtherUsers).
 */
export function localOptions(local: LocalSource | undefined): readonly string[] {
	return local === undefined ? [] : ["--upload-pack=git -c safe.directory='*' upload-pack"];
}

/**
 * git looks whose a repository on this machine is, and so do we, since its look is the account's and not
 * ours.
 */
export function isOtherUsers({ path }: LocalSource): boolean {
	if (!existsSync(path)) return false;
	const real = realpathSync(path);
	return [real, join(real, '.git')].some((one) => ownerOf(one) !== undefined);
}
