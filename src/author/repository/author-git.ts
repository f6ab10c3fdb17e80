/** git in the author's own repository, through simple-git; it is hardened as on a box and fetches nothing. */

import { environment, type GitRemote, settingsOf } from '../../system/git/command.ts';
import { runGit } from '../../system/git/simple-git.ts';
import type { ToolEnd } from '../../system/process/run-tool.ts';

export interface AuthorRun {
	/** Input on git's stdin; not empty. */
	readonly input?: string;
	/** Variables besides the clean environment. */
	readonly env?: Readonly<Record<string, string>>;
}

/**
 * Runs one git command on the objects and refs of the repository. Trust: the arguments are not user input.
 */
export function gitOfAuthor(
	remote: GitRemote,
	args: readonly string[],
	{ input, env = {} }: AuthorRun = {},
): Promise<ToolEnd> {
	const run = {
		words: ['git'],
		settings: settingsOf(remote),
		env: { ...environment(remote), ...env, GIT_DIR: remote.store },
		cwd: remote.store,
		timeout: remote.timeout,
		input,
	};
	return runGit(run, (git) => git.raw([...args]));
}
