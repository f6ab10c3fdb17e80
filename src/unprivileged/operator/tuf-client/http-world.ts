/** A TUF repository on a web server. */
import { problem } from '../../../model/base/error.ts';
import type { TufWorld } from '../../../model/publication/tuf.ts';

/** Limit for one document, in milliseconds. */
const PATIENCE = 60_000;

/** The URLs of metadata and targets. */
export interface Addresses {
	readonly metadata: string;
	readonly targets: string | undefined;
}

/** Returns the repository at these URLs, as seen at `now`. Redirects are not followed. */
export function httpWorld(addresses: Addresses, now: number): TufWorld {
	return { now, document: (path, limit) => download(addressOf(path, addresses), limit) };
}

function addressOf(path: string, { metadata, targets }: Addresses): string {
	const [, half = '', rest = ''] = /^(metadata|targets)\/(.*)$/.exec(path) ?? [];
	const base = half === 'metadata' ? metadata : targets;
	if (base === undefined) throw problem('usage', 'cannot fetch a target', 'give --target-base-url');
	// Concatenated: resolved as a relative URL, some role names would leave the directory or name a host.
	return `${base.replace(/\/+$/, '')}/${rest}`;
}

async function download(url: string, limit: number): Promise<Uint8Array | undefined> {
	try {
		const response = await fetch(url, {
			redirect: 'error',
			signal: AbortSignal.timeout(PATIENCE),
			headers: { 'accept-encoding': 'identity' },
		});
		if (response.ok) return await upTo(limit, response.body);
		await response.body?.cancel();
		if (response.status === 404 || response.status === 403) return undefined;
		throw unreachable(url, `it answered ${response.status}`);
	} catch (thrown) {
		throw unreachable(url, reasonOf(thrown), thrown);
	}
}

/** Reads at most one byte beyond the limit, which shows that the document is too long. */
async function upTo(limit: number, body: ReadableStream<Uint8Array> | null): Promise<Uint8Array> {
	const pieces: Uint8Array[] = [];
	let length = 0;
	for await (const piece of body ?? []) {
		pieces.push(piece.subarray(0, limit + 1 - length));
		length += piece.length;
		if (length > limit) break;
	}
	return Buffer.concat(pieces);
}

function reasonOf(thrown: unknown): string {
	const cause = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown;
	return cause instanceof Error ? cause.message : String(cause);
}

function unreachable(url: string, why: string, cause?: unknown): Error {
	return problem(
		'source-unreachable',
		`cannot read ${url}: ${why}`,
		'look at the network and at the URL, then ask again',
		{
			retry: 'later',
			facts: { url, why },
			cause,
		},
	);
}
