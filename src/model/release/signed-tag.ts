/** A tag object of git that holds a signature of SSH: what was signed, and what it says. */

export interface SignedTag {
	/** What the signature is of. */
	readonly payload: Buffer;
	/** An armored signature; whether it is one is for others to say. */
	readonly signature: string;
	/** What the tag names: an id, and what kind of object that is. */
	readonly object: string;
	readonly type: string;
	readonly name: string;
	/** When its author says that it was made, as ssh-keygen reads a time: YYYYMMDDhhmmss, of UTC. */
	readonly time: string;
}

const HEADER =
	/^object ([0-9a-f]{40}(?:[0-9a-f]{24})?)\ntype ([a-z]+)\ntag ([^\n]+)\ntagger [^\n]*> (\d{1,11}) [+-]\d{4}\n\n/;
const BEGIN = '\n-----BEGIN SSH SIGNATURE-----\n';
const ARMORED =
	/^-----BEGIN SSH SIGNATURE-----\n(?:[A-Za-z0-9+/=]{1,100}\n){1,400}-----END SSH SIGNATURE-----\n$/;

/** Returns the parts of a tag object, or undefined for one that is not signed so. As git, it takes the last signature for the signature. */
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
