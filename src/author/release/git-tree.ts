/** A tag of a local git repository as a release. Reads the tag's tree without a checkout, as boxes do. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { problem } from '../../model/base/error.ts';
import type { Tag } from '../../model/release/tag.ts';
import { readBlobs } from '../../system/git/blobs.ts';
import { type GitRemote, git } from '../../system/git/command.ts';
import { commitOf, listTree, type TreeEntry } from '../../system/git/git.ts';
import type { AuthorTree, TreeFile } from './tree.ts';

const PATH: readonly string[] = ['/usr/local/bin', '/usr/bin', '/bin'];
/** Milliseconds for one command: enough to read a large release from a slow disk. */
const LIMIT = 30 * 60_000;

/** Returns a git that runs in the author's own repository, hardened as on a box. It fetches nothing. */
export async function openRepository(directory: string): Promise<GitRemote> {
	const remote = (store: string): GitRemote => ({
		store,
		url: directory,
		path: PATH,
		timeout: LIMIT,
		clock: () => 'set',
	});
	if (existsSync(join(directory, 'HEAD')) && existsSync(join(directory, 'objects'))) return remote(directory);
	const end = await git(
		remote(join(directory, '.git')),
		['-C', directory, 'rev-parse', '--absolute-git-dir'],
		'none',
	);
	if (end.kind === 'done') return remote(end.stdout.trim());
	const said = end.stderr.trim().slice(-500);
	const hint = /dubious ownership/.test(said)
		? 'run this as the user who owns the repository'
		: 'name a git repository with --git';
	throw problem('release-refused', `cannot read ${directory} as a git repository`, hint, {
		facts: { directory, git: said },
	});
}

/** Returns the tree of a tag. Throws `missing-tag`. */
export async function gitTree(directory: string, tag: Tag): Promise<AuthorTree> {
	const remote = await openRepository(directory);
	const commit = await commitOf(remote, `refs/tags/${tag}`);
	if (commit === undefined)
		throw problem('missing-tag', `cannot find the tag ${tag} in ${directory}`, `git tag ${tag} makes it`, {
			facts: { directory, tag },
		});
	const entries = await listTree(remote, commit);
	const blobs = new Map(entries.map((entry) => [entry.path, entry]));
	return {
		name: `${tag} of ${directory}`,
		files: entries.map(fileOf),
		lost: [],
		async read(wanted, onFile) {
			const known = wanted.map(({ path, size }) => blobs.get(path) ?? { id: '', size });
			await readBlobs(remote, known, async (index, chunks) => onFile(wanted[index] as TreeFile, chunks));
		},
	};
}

function fileOf({ path, mode, size }: TreeEntry): TreeFile {
	switch (mode) {
		case '100644':
			return { path, kind: 'file', mode: 0o644, size, why: '' };
		case '100755':
			return { path, kind: 'file', mode: 0o755, size, why: '' };
		case '120000':
			return { path, kind: 'link', mode: 0o644, size, why: '' };
		case '160000':
			return { path, kind: 'other', mode: 0o644, size, why: 'it is a submodule' };
		default:
			return { path, kind: 'other', mode: 0o644, size, why: `its mode in git is ${mode}` };
	}
}
