/** TOML, the format of the one file that people write by hand. */
import { parse, TomlError } from 'smol-toml';

export type TomlResult =
	| { readonly kind: 'toml'; readonly value: unknown }
	| { readonly kind: 'unreadable'; readonly why: string };

/** Parses a text as TOML; `why` names the line. */
export function parseToml(text: string): TomlResult {
	try {
		return { kind: 'toml', value: parse(text) };
	} catch (thrown) {
		if (!(thrown instanceof TomlError)) throw thrown;
		// The rest of the message draws the line.
		const [what = ''] = thrown.message.replace(/^Invalid TOML document: /, '').split('\n');
		return { kind: 'unreadable', why: `line ${thrown.line}, column ${thrown.column}: ${what}` };
	}
}
