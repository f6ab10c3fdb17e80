/**
 * Removes what the store no longer needs: drops refs, repacks, and prunes unreachable objects, all with git's
 * own commands. Crash: the store keeps everything that is wanted, and the next run removes the rest.
 */
import { type GitRemote, git } from './command.ts';
import { storeProblem } from './problem.ts';
import { beginWriting, hasStore, isUnsealed, seal, sweep } from './store-directory.ts';

/**
 * Each fetch leaves a pack or a few loose objects. Above these counts a repack is worthwhile, because many
 * may be unwanted.
 */
const PACKS = 5;
const LOOSE = 1000;

/** No delta search, which takes memory and time: packed objects are copied as they are. */
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
 * Keeps the wanted refs below `prefix` and everything reachable from any ref. `isWanted` receives the rest of
 * the ref's name. Returns how many refs were dropped. Temporarily needs as much space as what is kept.
 * Requires exclusive access to the store. Throws `io-error`.
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
