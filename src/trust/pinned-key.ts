/** Keys that root's configuration names, and what one signature turned out to be. */
import { problem } from '../model/base/error.ts';

export interface PinnedKey {
	/** The 32 bytes of an Ed25519 key. It is these that count: another name for them is no other key. */
	readonly bytes: Buffer;
	/** As people know it: the key id of minisign, the fingerprint of an SSH key. */
	readonly name: string;
	/** The file in a release's `signatures/` that holds its signature. */
	readonly file: string;
}

export type Finding =
	| { readonly kind: 'signed'; readonly key: PinnedKey }
	/** By a key that is not pinned: anybody's. */
	| { readonly kind: 'stranger'; readonly name: string }
	| { readonly kind: 'refused'; readonly why: string };

/** Returns the error of a key that cannot be used, whose text it tells no more of than its first characters. */
export function keyUnusable(text: string, why: string, hint: string): Error {
	const key = JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
	return problem('key-unusable', `cannot use the key ${key}: ${why}`, hint, { facts: { key, why } });
}
