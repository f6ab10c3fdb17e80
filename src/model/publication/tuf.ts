/** TUF as the rooms see it: what the client asks of the world, and what it is told to refuse. */
import { onOneLine } from '../base/control-characters.ts';

/** What signed metadata says of a target. */
export interface SignedTarget {
	readonly path: string;
	/** Bytes. */
	readonly length: number;
	/** Digest by algorithm, in hexadecimal. At least one is `sha256` or `sha512`. */
	readonly hashes: Readonly<Record<string, string>>;
}

export interface TufWorld {
	/**
	 * Returns the bytes of a document of the published repository (`metadata/3.root.json`, `targets/channels/<sha256>.main.json`;
	 * parts encoded as in a URL), or undefined when it is not there. What is longer than `limit` bytes is refused: it may be cut after one
	 * byte more. What it returns is not trusted; whom it asks, and how long it waits, is its own matter.
	 */
	document(path: string, limit: number): Promise<Uint8Array | undefined>;
	/** Milliseconds since 1970 that expiry is judged by: never before the time floor (trust/tuf-time.ts). */
	readonly now: number;
}

/** What is refused beyond the protocol, and who makes bytes `T`: trust/tuf-policy.ts, handed to the client of system/tuf/client.ts. */
export interface TufPolicy<T> {
	/** Throws when this metadata is refused whoever signed it. `name` tells which, in words for the message. */
	metadata(name: string, bytes: Uint8Array): void;
	/** Returns the bytes of a target as verified. Throws when they are not those that were signed. */
	target(signed: SignedTarget, bytes: Uint8Array): T;
}

/** The longest documents that are read, in bytes. */
export const TUF_LIMITS = {
	root: 512_000,
	timestamp: 16_384,
	snapshot: 2_000_000,
	targets: 5_000_000,
	/** A target: manifests are the largest. */
	target: 16 * 1024 * 1024,
} as const;

/** Roles that are read before it is said that there are too many. */
export const MOST_ROLES = 256;

/** Root versions from the pinned one on. */
export const MOST_ROOTS = 1024;

/** Returns what an unsigned document says as a message may show it: on one line, and not a novel. */
export function quoted(text: string): string {
	const line = onOneLine(text);
	return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}
