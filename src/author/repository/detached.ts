/**
 * Detached signatures over a draft's manifests, for boxes that pin minisign or SSH keys and for manual
 * checks.
 */
import { problem } from '../../model/base/error.ts';
import { signaturesPathOf } from '../../model/publication/repository.ts';
import type { Tag } from '../../model/release/tag.ts';
import type { OpenKey } from '../keys/open-key.ts';
import { signWithMinisign } from '../sign/minisign.ts';
import { signWithSsh } from '../sign/ssh.ts';
import { type Draft, draftManifest, putIntoDraft } from './draft.ts';
import { usesTuf } from './next-targets.ts';

/** `minisign -V` checks `minisign`, `ssh-keygen -Y verify` checks `ssh`. */
export type DetachedForm = 'minisign' | 'ssh';

/**
 * Returns the formats in which a key signs this draft's manifests: the requested ones; without a request and
 * without a root, the format of the key's own file. Throws `usage` if there is none.
 */
export function formsOf(
	draft: Draft,
	{ form, path }: OpenKey,
	wanted: readonly DetachedForm[],
): readonly DetachedForm[] {
	if (wanted.length > 0) return wanted;
	if (usesTuf({ root: draft.base.root }, draft) === 'yes') return [];
	switch (form) {
		case 'minisign':
			return ['minisign'];
		case 'openssh':
			return ['ssh'];
		case 'pkcs8': {
			const hint = 'say --detached minisign or --detached ssh, as the boxes verify';
			throw problem(
				'usage',
				`cannot tell how ${path} is to sign: the draft has no root, and the key could sign both ways`,
				hint,
			);
		}
	}
}

/** Signs every manifest in the draft. Returns the written paths. */
export function signManifests(draft: Draft, { signer }: OpenKey, form: DetachedForm): readonly string[] {
	return draft.tags.flatMap((tag) => {
		const bytes = draftManifest(draft, tag);
		if (bytes === undefined) return [];
		const path = `${signaturesPathOf(tag)}/${form === 'minisign' ? `${signer.keyId}.minisig` : `${signer.fingerprint}.sig`}`;
		putIntoDraft(
			draft.directory,
			path,
			form === 'minisign' ? signWithMinisign(signer, bytes, commentOf(tag)) : signWithSsh(signer, bytes),
		);
		return [path];
	});
}

function commentOf(tag: Tag): string {
	return `signalbox release ${tag}`;
}
