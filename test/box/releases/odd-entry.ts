/** Releases with an entry that no git would add by itself. */
import { execFileSync } from 'node:child_process';
import type { ReleaseFiles, Source } from '../sources/source.ts';

/** How git's trees call an entry. */
export interface OddEntry {
	readonly mode: string;
	readonly type: 'blob' | 'commit';
	/** Below the top; a part in quotes is read as C would. */
	readonly path: string;
	readonly contents: string;
}

/**
 * Publishes a tree that holds one more entry, whatever git says to it, as the branch `main` and by this tag.
 */
export function publishEntry(
	source: Source,
	tag: string,
	files: ReleaseFiles,
	{ mode, type, path, contents }: OddEntry,
): void {
	const read = (input: string, ...args: readonly string[]) =>
		execFileSync('git', ['-C', source.dir, ...args], { input, encoding: 'utf8' }).trim();
	source.publish({ tags: [], files });
	const id =
		type === 'commit'
			? 'a'.repeat(40)
			: read(contents, 'hash-object', '-w', '-t', type, '--stdin', '--literally');
	const parts = path.split('/');
	let entry = `${mode} ${type} ${id}\t${parts.at(-1)}`;
	for (const part of parts.slice(0, -1).reverse()) entry = `040000 tree ${read(entry, 'mktree')}\t${part}`;
	const tree = read(`${source.git('ls-tree', 'main')}${entry}\n`, 'mktree', '--missing');
	const commit = source.git('commit-tree', '-m', 'odd', '-p', 'main', tree).trim();
	source.git('update-ref', `refs/tags/${tag}`, commit);
	source.git('update-ref', 'refs/heads/main', commit);
}
