/** Reads untrusted bytes of a published repository, from a directory or a URL. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { problem, recordOf } from '../../model/base/error.ts';
import { lookAt } from '../../system/files/directories.ts';
import { readSmall } from '../../system/files/read-file.ts';

/** The result of reading one large file. */
export type Digest =
	| { readonly kind: 'digest'; readonly sha256: string; readonly size: number }
	| { readonly kind: 'missing' };

type OnPiece = (piece: Uint8Array) => void;

export interface Metadata {
	/** Returns a small file, or undefined if it is missing. Throws if it has more than `limit` bytes. */
	document(path: string, limit: number): Promise<Uint8Array | undefined>;
	/**
	 * Returns the digest of a large file. Reads at most one chunk beyond `size`, and calls `onPiece` for each
	 * chunk.
	 */
	digest(path: string, size: number, onPiece?: OnPiece): Promise<Digest>;
}

/** Milliseconds for one file from a server; a release's files may be large. */
const PATIENCE = { document: 60_000, content: 15 * 60_000 } as const;

/** Returns a reader for `from`: an http or https URL, otherwise a directory. */
export function documentsAt(from: string): Metadata {
	return /^https?:\/\//.test(from) ? served(from.replace(/\/+$/, '')) : lying(from);
}

function lying(directory: string): Metadata {
	return {
		async document(path, limit) {
			const read = readSmall(join(directory, path), limit);
			if (read.kind === 'missing') return undefined;
			if (read.kind === 'file') return read.bytes;
			throw tooLarge(path, limit);
		},
		async digest(path, size, onPiece) {
			const file = join(directory, path);
			return lookAt(file)?.isFile() === true
				? await digestOf(createReadStream(file), size, onPiece)
				: { kind: 'missing' };
		},
	};
}

function served(base: string): Metadata {
	return {
		async document(path, limit) {
			const body = await ask(base, path, PATIENCE.document);
			if (body === undefined) return undefined;
			const pieces: Uint8Array[] = [];
			let length = 0;
			for await (const piece of body) {
				length += piece.length;
				if (length > limit) throw tooLarge(path, limit);
				pieces.push(piece);
			}
			return Buffer.concat(pieces);
		},
		async digest(path, size, onPiece) {
			const body = await ask(base, path, PATIENCE.content);
			return body === undefined ? { kind: 'missing' } : await digestOf(body, size, onPiece);
		},
	};
}

async function ask(
	base: string,
	path: string,
	patience: number,
): Promise<AsyncIterable<Uint8Array> | undefined> {
	const url = `${base}/${path}`;
	try {
		const response = await fetch(url, { signal: AbortSignal.timeout(patience) });
		if (response.ok && response.body !== null) return response.body;
		await response.body?.cancel();
		if (response.status === 404 || response.status === 403) return undefined;
		throw unreachable(url, `it answers ${response.status}`);
	} catch (thrown) {
		if (thrown instanceof Error && thrown.name === 'Problem') throw thrown;
		const cause = thrown instanceof Error && thrown.cause !== undefined ? thrown.cause : thrown;
		throw unreachable(url, recordOf(cause).message);
	}
}

async function digestOf(
	pieces: AsyncIterable<Uint8Array>,
	size: number,
	onPiece: OnPiece = () => undefined,
): Promise<Digest> {
	const hash = createHash('sha256');
	let length = 0;
	for await (const piece of pieces) {
		length += piece.length;
		hash.update(piece);
		onPiece(piece);
		if (length > size) break;
	}
	return { kind: 'digest', sha256: hash.digest('hex'), size: length };
}

function tooLarge(path: string, limit: number): Error {
	return problem(
		'metadata-refused',
		`cannot read ${path}: it holds more than ${limit} bytes`,
		'boxes would reject it: publish it again',
		{
			facts: { path },
		},
	);
}

function unreachable(url: string, why: string): Error {
	return problem(
		'source-unreachable',
		`cannot read ${url}: ${why}`,
		'check the network and the server, then try again',
		{
			retry: 'later',
			facts: { url },
		},
	);
}
