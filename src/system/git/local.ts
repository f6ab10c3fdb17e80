/** A source that is a path on this machine and is read by the fetcher's account. */
import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { ownerOf } from '../access/other-owner-directory.ts';
import type { Account } from '../process/sandbox.ts';
import { type GitRemote, protocolOf } from './command.ts';

export interface LocalSource {
	readonly path: string;
	/** The user who reads it, who is not the caller. */
	readonly account: Account;
}

/**
 * Returns the source if it is a local path that another account reads. Undefined: git needs no special
 * treatment.
 */
export function localSource(remote: GitRemote): LocalSource | undefined {
	const account = protocolOf(remote.url) === 'file' ? remote.account?.() : undefined;
	return account === undefined ? undefined : { path: remote.url.replace(/^file:\/\/[^/]*/, ''), account };
}

/**
 * Returns the options of a transfer. A local repository is served by our own git. Running as the account,
 * that git sees another user's repository and would refuse it; safe.directory permits it, because
 * isOtherUsers has checked the owner.
 */
export function localOptions(local: LocalSource | undefined): readonly string[] {
	return local === undefined ? [] : ["--upload-pack=git -c safe.directory='*' upload-pack"];
}

/**
 * Returns whether the repository belongs to a user other than the caller. git's own check would apply
 * to the account, not to us.
 */
export function isOtherUsers({ path }: LocalSource): boolean {
	if (!existsSync(path)) return false;
	const real = realpathSync(path);
	return [real, join(real, '.git')].some((one) => ownerOf(one) !== undefined);
}
