/** `--kind`: what carries releases. */
import type { SourceKind } from '../../model/config/config.ts';
import { type Given, textOf, usage } from '../../terminal/subcommand.ts';

/** Returns what was given; undefined where nothing was. Throws `usage`. */
export function kindOf(given: Given): SourceKind | undefined {
	const kind = textOf(given, 'kind');
	if (kind === undefined || kind === 'git' || kind === 'publisher' || kind === 'directory') return kind;
	throw usage(`cannot use ${JSON.stringify(kind)} as --kind`, 'say git, publisher or directory');
}
