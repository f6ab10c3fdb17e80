/** Who the fetcher runs as. */
import { problem } from '../../model/base/error.ts';
import { readAccounts } from '../access/accounts.ts';
import type { Account } from '../process/sandbox.ts';

/**
 * Returns the account of the user that the configuration names, or undefined where an ordinary user runs everything. Throws
 * `fetcher-unready`: a user who is not there, or who is root.
 */
export function fetcherAccount(user: string | number): Account | undefined {
	if (process.geteuid?.() !== 0) return undefined;
	const accounts = readAccounts();
	const uid = accounts.uidOf(user);
	if (uid === undefined) {
		const hint = `\`signalbox init\` makes the user (or: useradd --system --user-group --no-create-home --shell /usr/sbin/nologin ${user}); or name another in fetcher.user`;
		throw problem('fetcher-unready', `cannot read the source: there is no user ${user} to read it as`, hint, {
			facts: { user },
		});
	}
	const { gid } = accounts.userOf(uid);
	if (uid === 0 || gid === 0) {
		const message = `cannot read the source as ${user}: that user is root or of root’s group`;
		throw problem('fetcher-unready', message, 'name a user without rights in fetcher.user', {
			facts: { user },
		});
	}
	return { uid, gid };
}
