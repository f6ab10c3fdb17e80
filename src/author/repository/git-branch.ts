/**
 * Commits the repository to a git branch, so that a git host can serve it. The branch omits files/, because
 * the trees of the tags hold their bytes. Only git objects are written: the work tree stays as it is, no
 * filter or hook runs, and the branch moves in one step.
 */
import { lstatSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { problem } from '../../model/base/error.ts';
import { removeTree } from '../../system/files/directories.ts';
import type { GitRemote } from '../../system/git/command.ts';
import { commitOf } from '../../system/git/git.ts';
import { usage } from '../../terminal/subcommand.ts';
import { openRepository } from '../release/git-tree.ts';
import { type AuthorRun, gitOfAuthor } from './author-git.ts';

export interface BranchCommit {
	readonly branch: string;
	readonly commit: string;
	/** Whether the branch was already up to date. */
	readonly kind: 'committed' | 'unchanged';
}

const GRAMMAR = /^[A-Za-z0-9][A-Za-z0-9._-]*(?:\/[A-Za-z0-9][A-Za-z0-9._-]*)*$/;

/** Parses a branch name. Throws `usage`. */
export function parseBranch(text: string): string {
	if (GRAMMAR.test(text) && !text.includes('..') && !text.endsWith('.lock') && !text.endsWith('.'))
		return text;
	throw usage(`cannot use ${JSON.stringify(text)} as a branch`, 'letters, digits, - _ . and / make a name');
}

/**
 * Commits the published repository to a branch of the git repository in `directory`. A missing branch is
 * created.
 */
export async function commitOnBranch(
	published: string,
	directory: string,
	branch: string,
): Promise<BranchCommit> {
	const remote = await openRepository(directory);
	const ref = `refs/heads/${branch}`;
	await refuseCheckedOut(remote, ref);
	const parent = await commitOf(remote, ref);
	const state = mkdtempSync(join(tmpdir(), 'signalbox-index-'));
	try {
		const tree = await treeOf(remote, published, join(state, 'index'));
		if (parent !== undefined && (await run(remote, ['rev-parse', `${parent}^{tree}`])) === tree)
			return { branch, commit: parent, kind: 'unchanged' };
		const commit = await run(
			remote,
			['commit-tree', tree, ...(parent === undefined ? [] : ['-p', parent]), '-m', 'Published'],
			{
				env: IDENTITY,
			},
		);
		await run(remote, ['update-ref', ref, commit, parent ?? '']);
		return { branch, commit, kind: 'committed' };
	} finally {
		removeTree(state);
	}
}

async function treeOf(remote: GitRemote, published: string, index: string): Promise<string> {
	const paths = filesOf(published, '');
	const ids = (
		await run(remote, ['hash-object', '-w', '--no-filters', '--stdin-paths'], {
			input: paths.map((path) => `${join(published, path)}\n`).join(''),
		})
	).split('\n');
	const lines = paths.map((path, at) => `100644 ${ids[at] ?? ''} 0\t${path}\n`).join('');
	const env = { GIT_INDEX_FILE: index };
	await run(remote, ['update-index', '--add', '--index-info'], { input: lines, env });
	return await run(remote, ['write-tree'], { env });
}

function filesOf(top: string, below: string): readonly string[] {
	return readdirSync(join(top, below)).flatMap((name) => {
		const path = below === '' ? name : `${below}/${name}`;
		if (name.startsWith('.') || path === 'files') return [];
		return lstatSync(join(top, path)).isDirectory() ? filesOf(top, path) : [path];
	});
}

/** Rejects a checked-out branch: its work tree would show every file as changed. */
async function refuseCheckedOut(remote: GitRemote, ref: string): Promise<void> {
	const end = await gitOfAuthor(remote, ['symbolic-ref', '--quiet', 'HEAD']);
	if (end.kind === 'done' && end.stdout.trim() === ref)
		throw usage(
			`cannot commit on ${ref}: it is checked out`,
			'name a branch without a work tree, such as signalbox',
		);
}

const IDENTITY = {
	GIT_AUTHOR_NAME: 'signalbox',
	GIT_AUTHOR_EMAIL: 'signalbox@localhost',
	GIT_COMMITTER_NAME: 'signalbox',
	GIT_COMMITTER_EMAIL: 'signalbox@localhost',
};

async function run(remote: GitRemote, args: readonly string[], more: AuthorRun = {}): Promise<string> {
	const end = await gitOfAuthor(remote, args, more);
	if (end.kind === 'done') return end.stdout.trim();
	throw problem(
		'io-error',
		`cannot write the branch: git ${args[0]} failed`,
		'look at the facts; the published directory is complete',
		{
			facts: { git: end.stderr.trim().slice(-500) },
		},
	);
}
