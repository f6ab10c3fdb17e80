/** A git tag object with an SSH signature: the signed bytes, the signature and the fields of the tag. */

export interface SignedTag {
	/** The signed bytes. */
	readonly payload: Buffer;
	/** The armored signature, not yet verified. */
	readonly signature: string;
	/** The id and the type of the object that the tag names. */
	readonly object: string;
	readonly type: string;
	readonly name: string;
	/** The time that the tagger claims, in UTC and in ssh-keygen's format: YYYYMMDDhhmmss. */
	readonly time: string;
}

const HEADER =
	/^object ([0-9a-f]{40}(?:[0-9a-f]{24})?)\ntype ([a-z]+)\ntag ([^\n]+)\ntagger [^\n]*> (\d{1,11}) [+-]\d{4}\n\n/;
const BEGIN = '\n-----BEGIN SSH SIGNATURE-----\n';
const ARMORED =
	/^-----BEGIN SSH SIGNATURE-----\n(?:[A-Za-z0-9+/=]{1,100}\n){1,400}-----END SSH SIGNATURE-----\n$/;

/**
 * Returns the parts of a tag object, or undefined if it has no SSH signature. As in git, the last one counts.
 */
export function parseSignedTag(bytes: Buffer): SignedTag | undefined {
	const at = bytes.lastIndexOf(BEGIN) + 1;
	if (at === 0) return undefined;
	const payload = bytes.subarray(0, at);
	const signature = bytes.toString('latin1', at);
	const [, object, type, name, seconds] = HEADER.exec(payload.toString('utf8')) ?? [];
	if (
		object === undefined ||
		type === undefined ||
		name === undefined ||
		seconds === undefined ||
		!ARMORED.test(signature)
	)
		return undefined;
	return { payload, signature, object, type, name, time: timeOf(Number(seconds)) };
}

function timeOf(seconds: number): string {
	return new Date(seconds * 1000).toISOString().replace(/\D/g, '').slice(0, 14);
}
