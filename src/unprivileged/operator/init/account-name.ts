/** Names that programs and configurations may be handed as those of accounts. */
import { problem } from '../../../model/base/error.ts';

/** Throws `usage` for a text that is no name of an account: it goes into a configuration and to a program. */
export function requireAccountName(text: string, what: 'group' | 'user'): void {
	if (/^[a-z_][a-z0-9_-]{0,31}$/.test(text)) return;
	throw problem(
		'usage',
		`cannot use ${JSON.stringify(text)} as a ${what}`,
		`name a ${what} of small letters, digits, _ and -`,
	);
}
