/** What stands between root and the user who runs git. */
import type { Mutation } from './mutation.ts';

const GIT_ACCOUNT = 'test/system/git/account.root.test.ts';
const GIT_STORE = 'test/attacks/01-git-store/git-store.root.test.ts';

export const READING_GIT: readonly Mutation[] = [
	{
		threat: 1,
		defence: 'git runs as the user who reads the network',
		file: 'src/system/git/command.ts',
		within: 'gitWords',
		code: 'account === undefined',
		instead: 'account !== null',
		test: GIT_ACCOUNT,
		name: 'runs every git of a fetch and its children as the account, without capabilities',
	},
	{
		threat: 1,
		defence: 'an object that git gives is what its name says',
		file: 'src/system/git/objects.ts',
		within: 'GitObjects.next',
		code: "hash.digest('hex') !== id",
		instead: "id === ''",
		test: GIT_STORE,
		name: 'installs only signed objects from the store, or nothing',
	},
	{
		threat: 1,
		defence: 'a blob has the size that it is listed with',
		file: 'src/system/git/blobs.ts',
		within: 'readBlobs',
		code: 'size !== blob.size',
		instead: 'false',
		test: 'test/system/git/git.test.ts',
		name: 'refuses a blob that %s, whoever runs git',
	},
	{
		threat: 1,
		defence: 'a store with more in it than we made is made anew',
		file: 'src/system/git/store-directory.ts',
		within: 'makeStore',
		code: '!isAsMade(remote.store)',
		instead: 'isAsMade(remote.store) === undefined',
		test: GIT_STORE,
		name: 'recreates a store with foreign contents, and installs the signed release',
	},
	{
		threat: 1,
		defence: 'whose a repository on this machine is, root looks itself',
		file: 'src/system/git/local.ts',
		within: 'isOtherUsers',
		code: 'ownerOf(one) !== undefined',
		instead: "one === ''",
		test: GIT_ACCOUNT,
		name: 'requires a local repository to belong to root and to be readable by the account',
	},
	{
		threat: 2,
		defence: 'what git lists is the tree of the commit that was signed',
		file: 'src/system/git/signed-tree.ts',
		within: 'listSignedTree',
		code: 'listed.length !== signed.size || !listed.every(same)',
		instead: 'same === undefined',
		test: 'test/system/git/signed-tree.test.ts',
		name: 'the tree of another commit',
	},
];
