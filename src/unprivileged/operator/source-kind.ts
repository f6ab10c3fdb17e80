/** `--kind`: the kind of source. */
import type { SourceKind } from '../../model/config/config.ts';
import { type Given, textOf, usage } from '../../terminal/subcommand.ts';

/** Returns the given kind, or undefined. Throws `usage`. */
export function kindOf(given: Given): SourceKind | undefined {
	const kind = textOf(given, 'kind');
	if (kind === undefined || kind === 'git' || kind === 'publisher' || kind === 'directory') return kind;
	throw usage(`cannot use ${JSON.stringify(kind)} as --kind`, 'use git, publisher or directory');
}
