/** A git host: manifests and signatures on a branch, the files of each release in the tree of its tag. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { problem } from '../../model/base/error.ts';
import { runGit } from '../../system/git/simple-git.ts';
import type { World } from '../../terminal/world.ts';
import { HOOK_PATH } from '../tools.ts';
import type { Transport } from './transport.ts';

/** The branch that a box reads by default. */
const BRANCH = 'signalbox';
const LIMIT = 60_000;

const ENVIRONMENT = {
	PATH: HOOK_PATH.join(':'),
	LC_ALL: 'C',
	GIT_CONFIG_NOSYSTEM: '1',
	GIT_CONFIG_GLOBAL: '/dev/null',
	GIT_AUTHOR_NAME: 'demo',
	GIT_AUTHOR_EMAIL: 'demo@localhost',
	GIT_COMMITTER_NAME: 'demo',
	GIT_COMMITTER_EMAIL: 'demo@localhost',
};

/** Creates an empty repository in `directory`. */
export async function gitTransport(directory: string, { interrupted }: World): Promise<Transport> {
	const run = {
		words: ['git'],
		settings: [],
		env: ENVIRONMENT,
		cwd: directory,
		timeout: LIMIT,
		signal: interrupted,
	};
	const git = async (...args: readonly string[]) => {
		const end = await runGit(run, (repository) => repository.raw([...args]));
		if (end.kind === 'done') return end.stdout.trim();
		throw problem(
			'demo-failed',
			`git ${args[0]} failed: ${end.stderr.trim().slice(-500)}`,
			'the demo’s git repository does not work; read the message of git',
		);
	};
	/** Moves the tag to the current content of the directory. */
	const tagTree = async (tag: string, tree: string) => {
		const there = `--work-tree=${tree}`;
		await git('--git-dir=.', there, 'add', '--all', '--force', '.');
		await git('--git-dir=.', there, 'commit', '--quiet', '--allow-empty', `--message=${tag}`);
		await git('tag', '--force', tag);
	};
	const trees = new Map<string, string>();
	mkdirSync(directory);
	await git('init', '--quiet', '--bare', '--initial-branch=main');
	return {
		url: `file://${directory}`,
		publishWords: ['--git', BRANCH, '--git-repository', directory],
		async take(tag, tree) {
			trees.set(tag, tree);
			await tagTree(tag, tree);
		},
		async tamper({ tag, path }, change) {
			const tree = trees.get(tag) ?? '';
			const genuine = await git('rev-parse', `${tag}^{commit}`);
			const text = readFileSync(join(tree, path), 'utf8');
			writeFileSync(join(tree, path), change(text));
			await tagTree(tag, tree);
			writeFileSync(join(tree, path), text);
			return async () => {
				await git('tag', '--force', tag, genuine);
			};
		},
		close: async () => undefined,
	};
}
