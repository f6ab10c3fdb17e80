/** The account that the fetcher runs as. */
import { problem } from '../../model/base/error.ts';
import { readAccounts } from '../access/accounts.ts';
import type { Account } from '../process/sandbox.ts';

/**
 * Returns the account of the configured user, or undefined where an ordinary user runs everything. Throws
 * `fetcher-unready` when the user does not exist or is root.
 */
export function fetcherAccount(user: string | number): Account | undefined {
	if (process.geteuid?.() !== 0) return undefined;
	const accounts = readAccounts();
	const uid = accounts.uidOf(user);
	if (uid === undefined) {
		const hint = `\`signalbox init\` creates the user (or: useradd --system --user-group --no-create-home --shell /usr/sbin/nologin ${user}); or name another user in fetcher.user`;
		throw problem('fetcher-unready', `cannot read the source: the user ${user} does not exist`, hint, {
			facts: { user },
		});
	}
	const { gid } = accounts.userOf(uid);
	if (uid === 0 || gid === 0) {
		const message = `cannot read the source as ${user}: that user is root or in root’s group`;
		throw problem('fetcher-unready', message, 'name an unprivileged user in fetcher.user', {
			facts: { user },
		});
	}
	return { uid, gid };
}
