/**
 * Verifies signed git tags, an additional check beside the release manifest. Root reads the tag and runs the
 * real ssh-keygen on it, not the user who runs git. A tag does not prove its age, so it never replaces the
 * manifest. (docs/decisions/0015)
 */
import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { problem } from '../../model/base/error.ts';
import type { ErrorCode } from '../../model/base/error-codes.ts';
import { parseSignedTag, type SignedTag } from '../../model/release/signed-tag.ts';
import type { Tag } from '../../model/release/tag.ts';
import { findUntrustedWriter } from '../access/untrusted-writer.ts';
import { replaceWhole } from '../files/replace-file.ts';
import { TOOL_OF } from '../process/group.ts';
import { runTool, type ToolEnd } from '../process/run-tool.ts';
import type { GitRemote, ObjectId } from './command.ts';
import { objectAt } from './git.ts';
import { readObject } from './objects.ts';

/** Absolute paths of two root-owned files. */
export interface TagKeys {
	/** In the ALLOWED SIGNERS format of ssh-keygen; each line should say `namespaces="git"`. */
	readonly allowedSigners: string;
	/**
	 * Revoked keys: a key revocation list, or one public key per line. The file may be empty but must exist. It
	 * is the only way to revoke a stolen key: `valid-before` is compared with the date in the tag, which the
	 * thief chooses.
	 */
	readonly revoked: string;
}

/** Milliseconds. */
const KEYGEN_LIMIT = 30_000;

const TAG_MAX_BYTES = 1024 ** 2;

/**
 * Returns the commit that a signed tag names. `ref` is the tag's ref in the store. The verified bytes are
 * those that root read, not git's report. The tag's content is compared with the requested tag, because
 * another tag with a valid signature may be stored under this name. Throws `signature-missing` for a tag
 * without a tag object, `signature-invalid` if no allowed key signed it or it names another tag or no commit,
 * and `config-unsafe` if another user could have written the keys or a file is missing.
 */
export async function verifySignedTag(
	remote: GitRemote,
	ref: string,
	tag: Tag,
	keys: TagKeys,
): Promise<ObjectId> {
	for (const file of [keys.allowedSigners, keys.revoked]) requireOurs(file);
	const object = await objectAt(remote, ref);
	if (object === undefined) throw refusal('signature-missing', tag, 'it is not there');
	const { type, bytes } = await readObject(remote, object, TAG_MAX_BYTES);
	if (type !== 'tag')
		throw refusal('signature-missing', tag, 'it is a plain name for a commit, which cannot be signed');
	const signed = parseSignedTag(bytes);
	if (signed === undefined)
		throw refusal(
			'signature-invalid',
			tag,
			'no key that is allowed and not revoked signed it',
			'it holds no signature of SSH',
		);
	const judged = await judge(remote, signed, keys);
	if (judged.kind === 'refused')
		throw refusal('signature-invalid', tag, 'no key that is allowed and not revoked signed it', judged.said);
	if (signed.name !== tag)
		throw refusal(
			'signature-invalid',
			tag,
			`it is the signed tag ${JSON.stringify(signed.name.slice(0, 100))} under another name`,
		);
	if (signed.type !== 'commit')
		throw refusal('signature-invalid', tag, `it names no commit but a ${signed.type}`);
	return signed.object;
}

/** More principals than any key has. */
const PRINCIPALS_MAX = 16;

/** Runs ssh-keygen as git does: finds the principals of the key, then verifies the signature for each. */
async function judge(
	remote: GitRemote,
	{ payload, signature, time }: SignedTag,
	{ allowedSigners, revoked }: TagKeys,
): Promise<Judged> {
	const file = `${remote.store}.signature`;
	const about = ['-f', allowedSigners, '-s', file, `-Overify-time=${time}`];
	try {
		replaceWhole(file, signature);
		const found = await keygen(remote, ['-Y', 'find-principals', ...about], '');
		if (found.kind !== 'done') return { kind: 'refused', said: lastOf(found) };
		let said = '';
		for (const name of found.stdout
			.split('\n')
			.filter((line) => line !== '')
			.slice(0, PRINCIPALS_MAX)) {
			const end = await keygen(
				remote,
				['-Y', 'verify', '-n', 'git', '-I', name, '-r', revoked, ...about],
				payload,
			);
			if (end.kind === 'done') return { kind: 'signed' };
			said = lastOf(end);
		}
		return { kind: 'refused', said };
	} finally {
		rmSync(file, { force: true });
	}
}

type Judged = { readonly kind: 'signed' } | { readonly kind: 'refused'; readonly said: string };

async function keygen(
	{ path, store }: GitRemote,
	args: readonly string[],
	input: string | Uint8Array,
): Promise<ToolEnd> {
	const env = {
		PATH: path.join(':'),
		HOME: '/nonexistent',
		LC_ALL: 'C',
		TZ: 'UTC',
		[TOOL_OF]: dirname(store),
	};
	return await runTool({ program: 'ssh-keygen', args, env, input, timeout: KEYGEN_LIMIT });
}

function requireOurs(file: string): void {
	const untrusted = findUntrustedWriter(file, [process.geteuid?.() ?? 0]);
	if (untrusted === undefined) return;
	const hint =
		'give both files of trust.git_tags and the directories above them to root; the one of revoked keys may be empty';
	throw problem('config-unsafe', `cannot verify tags: ${untrusted}`, hint, { facts: { file } });
}

function refusal(code: ErrorCode, tag: Tag, why: string, git = ''): Error {
	const hint = 'ask its author whether they made this tag; do not install it by other means';
	return problem(code, `cannot take the tag ${tag}: ${why}`, hint, { facts: { tag, git } });
}

function lastOf(end: ToolEnd): string {
	return end.kind === 'done' ? '' : end.stderr.trim().slice(-500);
}
