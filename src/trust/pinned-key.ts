/** Keys pinned in root's configuration, and the result of checking one signature. */
import { problem } from '../model/base/error.ts';

export interface PinnedKey {
	/**
	 * The 32 bytes of an Ed25519 key. They identify the key: the same bytes under another name are the same
	 * key.
	 */
	readonly bytes: Buffer;
	/** The displayed name: minisign's key id or an SSH key's fingerprint. */
	readonly name: string;
	/** The name of this key's signature file in a release's `signatures/`. */
	readonly file: string;
}

export type Finding =
	| { readonly kind: 'signed'; readonly key: PinnedKey }
	/** The signing key is not pinned. */
	| { readonly kind: 'unknown-key'; readonly name: string }
	| { readonly kind: 'refused'; readonly why: string };

/** Returns the error for an unusable key. The message shows only the key's first characters. */
export function keyUnusable(text: string, why: string, hint: string): Error {
	const key = JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
	return problem('key-unusable', `cannot use the key ${key}: ${why}`, hint, { facts: { key, why } });
}
