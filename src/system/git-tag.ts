/**
 * Signed git tags, a second lock beside the release manifest: the real `git verify-tag` with SSH keys. A tag alone says nothing of
 * its age, so no tag replaces the manifest. (docs/decisions/0015)
 */
import { type ErrorCode, problem } from '../model/error.ts';
import type { Tag } from '../model/tag.ts';
import { objectAt } from './git.ts';
import { type GitRemote, git, type ObjectId } from './git-command.ts';
import { storeProblem } from './git-problem.ts';
import { findHole } from './ownership.ts';
import type { ToolEnd } from './run-tool.ts';

/** Two files of root's own, absolute. */
export interface TagKeys {
	/** As ssh-keygen's ALLOWED SIGNERS has it; each line should say `namespaces="git"`. */
	readonly allowedSigners: string;
	/**
	 * Keys that count no more: a key revocation list, or public keys one a line; it may be empty. It must be there, as git passes
	 * over one that is missing. It alone ends a stolen key: git judges `valid-before` by the date that the thief writes into the tag.
	 */
	readonly revoked: string;
}

const OBJECT_ID = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;

/**
 * Returns the commit that a signed tag names. `ref` is where the tag lies in the store. Judged by git's exit code alone; what it
 * prints is compared with what was asked for, because a good signature of another tag may lie under this name.
 * Throws `signature-missing` for a tag without a tag object, `signature-invalid` for one that no allowed key signed or that is of
 * another name or of no commit, and `config-unsafe` when somebody else could have written the keys or a file is missing.
 */
export async function verifySignedTag(remote: GitRemote, ref: string, tag: Tag, keys: TagKeys): Promise<ObjectId> {
	for (const file of [keys.allowedSigners, keys.revoked]) requireOurs(file);
	const object = await objectAt(remote, ref);
	if (object === undefined) throw refusal('signature-missing', tag, 'it is not there');
	const kind = await git(remote, ['cat-file', '-t', object], 'store');
	if (kind.kind !== 'done') throw storeProblem(remote, kind);
	if (kind.stdout !== 'tag\n') throw refusal('signature-missing', tag, 'it is a plain name for a commit, which nobody can sign');
	// The object, not the ref: what is verified is what was looked at.
	const verify = [...settingsOf(keys), 'verify-tag'];
	const end = await git(remote, [...verify, '--format=%(tag)%00%(type)%00%(object)', object], 'store');
	if (end.kind !== 'done') {
		// With a format it keeps its reasons to itself.
		const again = await git(remote, [...verify, object], 'store');
		throw refusal('signature-invalid', tag, 'no key that is allowed and not revoked signed it', lastOf(again));
	}
	const [name = '', type = '', commit = '', ...more] = end.stdout.replace(/\n$/, '').split('\0');
	if (more.length > 0 || !OBJECT_ID.test(commit)) throw refusal('signature-invalid', tag, 'what it says cannot be read');
	if (name !== tag)
		throw refusal('signature-invalid', tag, `it is the signed tag ${JSON.stringify(name.slice(0, 100))} under another name`);
	if (type !== 'commit') throw refusal('signature-invalid', tag, `it names no commit but a ${type}`);
	return commit;
}

/** Other programs for signatures are shut off: git would choose one by what the tag holds. */
function settingsOf({ allowedSigners, revoked }: TagKeys): readonly string[] {
	const settings = [
		'gpg.format=ssh',
		`gpg.ssh.allowedSignersFile=${allowedSigners}`,
		`gpg.ssh.revocationFile=${revoked}`,
		'gpg.minTrustLevel=fully',
		'gpg.ssh.program=ssh-keygen',
		'gpg.program=/bin/false',
		'gpg.openpgp.program=/bin/false',
		'gpg.x509.program=/bin/false',
	];
	return settings.flatMap((setting) => ['-c', setting]);
}

function requireOurs(file: string): void {
	const hole = findHole(file, [process.geteuid?.() ?? 0]);
	if (hole === undefined) return;
	const hint = 'give both files of trust.git_tags and the directories above them to root; the one of revoked keys may be empty';
	throw problem('config-unsafe', `cannot verify tags: ${hole}`, hint, { facts: { file } });
}

function refusal(code: ErrorCode, tag: Tag, why: string, git = ''): Error {
	const hint = 'ask its author whether they made this tag; do not install it by other means';
	return problem(code, `cannot take the tag ${tag}: ${why}`, hint, { facts: { tag, git } });
}

function lastOf(end: ToolEnd): string {
	return end.kind === 'done' ? '' : end.stderr.trim().slice(-500);
}
