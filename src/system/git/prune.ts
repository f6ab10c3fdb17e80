/**
 * What the store no longer needs goes: refs are dropped, the rest is packed anew, and what no ref leads to is
 * removed. All of it by git's own means. Cut anywhere, the store holds all that is wanted, and some rubbish
 * more: the next one finds it.
 */
import { type GitRemote, git } from './command.ts';
import { storeProblem } from './problem.ts';
import { beginWriting, hasStore, isUnsealed, seal, sweep } from './store-directory.ts';

/** Each fetch leaves a pack, or a few loose objects: so many of them may hold what nobody wants. */
const PACKS = 5;
const LOOSE = 1000;

/** No search for likenesses, which takes memory and time: what is packed already is copied as it is. */
const REPACK: readonly string[] = [
	'-c',
	'repack.writeBitmaps=false',
	'repack',
	'-a',
	'-d',
	'-n',
	'-q',
	'--window=0',
];

/**
 * Keeps of the refs below `prefix` those whose rest of the name is wanted, and what all refs lead to. Returns
 * how many were dropped. Takes as much room as what is kept, for a moment. The caller alone uses the store.
 * Throws `io-error`.
 */
export async function pruneStore(
	remote: GitRemote,
	prefix: string,
	isWanted: (rest: string) => boolean,
): Promise<number> {
	if (!hasStore(remote)) return 0;
	sweep(remote.store);
	const refs = (await ask(remote, ['for-each-ref', '--format=%(refname)', prefix]))
		.split('\n')
		.filter((ref) => ref !== '');
	const dropped = refs.filter((ref) => !isWanted(ref.slice(prefix.length)));
	if (dropped.length === 0 && !isUnsealed(remote) && !(await isCluttered(remote))) return 0;
	beginWriting(remote);
	for (const ref of dropped) await ask(remote, ['update-ref', '-d', ref]);
	await ask(remote, REPACK);
	await ask(remote, ['prune', '--expire=now']);
	await seal(remote);
	return dropped.length;
}

async function isCluttered(remote: GitRemote): Promise<boolean> {
	const said = await ask(remote, ['count-objects', '-v']);
	const count = (key: string) => Number(new RegExp(`^${key}: (\\d+)$`, 'm').exec(said)?.[1] ?? 0);
	return count('packs') > PACKS || count('count') > LOOSE;
}

async function ask(remote: GitRemote, args: readonly string[]): Promise<string> {
	const end = await git(remote, args, 'store');
	if (end.kind === 'done') return end.stdout;
	sweep(remote.store);
	throw storeProblem(remote, end);
}
