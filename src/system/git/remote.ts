/** Lists the refs of a remote and fetches single refs. git runs in the sandbox of command.ts. */
import { environment, type GitRemote, gitWords, OBJECT_ID, type ObjectId, settingsOf } from './command.ts';
import { isOtherUsers, localOptions, localSource } from './local.ts';
import { otherUserProblem, remoteProblem } from './problem.ts';
import { type GitProgress, progressReader } from './progress.ts';
import { type GitRun, runGit } from './simple-git.ts';
import { beginWriting, seal, sweep } from './store-directory.ts';

/**
 * Returns the refs of the remote that match these patterns, with the objects they point at. Sends one
 * request.
 */
export async function listRemote(
	remote: GitRemote,
	patterns: readonly string[],
): Promise<ReadonlyMap<string, ObjectId>> {
	const args = ['--refs', ...sourceOptions(remote), '--', remote.url, ...patterns];
	const end = await runGit(runOf(remote), (git) => git.listRemote(args));
	if (end.kind !== 'done') throw remoteProblem(remote, end);
	const refs = new Map<string, ObjectId>();
	for (const line of end.stdout.split('\n')) {
		const [id, ref] = line.split('\t');
		if (id !== undefined && ref !== undefined && OBJECT_ID.test(id)) refs.set(ref, id);
	}
	return refs;
}

const FETCH: readonly string[] = [
	'--no-tags',
	'--depth=1',
	'--force',
	'--progress',
	'--no-write-fetch-head',
	'--no-auto-gc',
	'--no-recurse-submodules',
];

/** Fetches exactly one ref with depth 1, and stores it as `as`. */
export async function fetchRef(
	remote: GitRemote,
	ref: string,
	as: string,
	onProgress: (progress: GitProgress) => void,
): Promise<void> {
	beginWriting(remote);
	const args = ['fetch', ...FETCH, ...sourceOptions(remote), '--', remote.url, `+${ref}:${as}`];
	const run = runOf(remote);
	const end = await runGit(
		{ ...run, env: { ...run.env, GIT_DIR: remote.store }, onStderr: progressReader(onProgress) },
		// simple-git's fetch() refuses --upload-pack, which a local source needs (local.ts).
		(git) => git.raw(args),
	);
	if (end.kind === 'done') return await seal(remote);
	sweep(remote.store);
	throw remoteProblem(remote, end);
}

function runOf(remote: GitRemote): GitRun {
	return {
		words: gitWords(remote),
		settings: settingsOf(remote),
		env: environment(remote),
		cwd: '/',
		timeout: remote.timeout,
		signal: remote.signal,
	};
}

function sourceOptions(remote: GitRemote): readonly string[] {
	const local = localSource(remote);
	if (local !== undefined && isOtherUsers(local)) throw otherUserProblem(remote);
	return localOptions(local);
}
