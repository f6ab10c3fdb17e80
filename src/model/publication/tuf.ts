/** The contract of the TUF client: what it needs from its caller, and the additional rules it applies. */
import { onOneLine } from '../base/control-characters.ts';

/** A target as signed metadata describes it. */
export interface SignedTarget {
	readonly path: string;
	/** Bytes. */
	readonly length: number;
	/** Digest by algorithm, in hexadecimal. At least one is `sha256` or `sha512`. */
	readonly hashes: Readonly<Record<string, string>>;
}

export interface TufWorld {
	/**
	 * Returns a file of the published repository (`metadata/3.root.json`,
	 * `targets/channels/<sha256>.main.json`; parts encoded as in a URL), or undefined if it does not exist. A
	 * file longer than `limit` bytes is refused, so it may be cut after one more byte. Trust: none. The
	 * implementation chooses the server and its time limits.
	 */
	document(path: string, limit: number): Promise<Uint8Array | undefined>;
	/**
	 * The time for expiry checks, in milliseconds since 1970, never before the latest known time
	 * (trust/tuf/time.ts).
	 */
	readonly now: number;
}

/**
 * Rules beyond the TUF protocol. trust/tuf/policy.ts implements them for the client in system/tuf/client.ts.
 */
export interface TufPolicy<T> {
	/** Throws if this metadata is refused despite its signatures. `name` describes it in the message. */
	metadata(name: string, bytes: Uint8Array): void;
	/** Returns the verified target. Throws if the bytes are not those that were signed. */
	target(signed: SignedTarget, bytes: Uint8Array): T;
}

/** Maximum sizes in bytes. */
export const TUF_LIMITS = {
	root: 512_000,
	timestamp: 16_384,
	snapshot: 2_000_000,
	targets: 5_000_000,
	/** The largest targets are manifests. */
	target: 16 * 1024 * 1024,
} as const;

/** Maximum number of roles. */
export const MAX_ROLES = 256;

/** Maximum number of root versions after the pinned one. */
export const MAX_ROOTS = 1024;

/** Returns text from unverified metadata for a message: on one line, and at most 300 characters. */
export function quoted(text: string): string {
	const line = onOneLine(text);
	return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}
