/** Names of users and groups that may be passed to programs and written into a configuration. */
import { problem } from '../base/error.ts';

/** Throws `usage` unless `text` is a portable name of a user or group. */
export function requireAccountName(text: string, what: 'group' | 'user'): void {
	if (/^[a-z_][a-z0-9_-]{0,31}$/.test(text)) return;
	throw problem(
		'usage',
		`cannot use ${JSON.stringify(text)} as a ${what}`,
		`name a ${what} with lower-case letters, digits, _ and -`,
	);
}
