/**
 * What a published repository holds beside the releases' own bytes: TUF metadata, manifests, signatures
 * (decision 0015). It lies behind a web server, in a directory or on a branch of a git repository; whoever
 * carries it is not believed.
 */
import { problem } from '../model/base/error.ts';
import { readInside } from '../system/files/inside.ts';

/** Bytes without worth, by their path in the published repository. */
export interface Metadata {
	/**
	 * Returns the bytes, or undefined where there is nothing. Throws the `source-…` codes; `source-refused` for
	 * more than `limit` bytes.
	 */
	read(path: string, limit: number): Promise<Uint8Array | undefined>;
}

/**
 * Returns the documents of a directory: a mounted stick, a share, a mirror. What leads out of it is refused.
 */
export function directoryMetadata(dir: string): Metadata {
	return {
		async read(path, limit) {
			const read = readInside(dir, path, limit);
			switch (read.kind) {
				case 'file':
					return read.bytes;
				case 'missing':
					return undefined;
				case 'no-directory':
					throw noDirectory(dir);
				case 'irregular':
					throw metadataRefused(dir, path, `it is ${read.why}`);
				case 'too-large':
					throw metadataRefused(dir, path, `it is longer than ${limit} bytes`);
			}
		},
	};
}

/** The directory may come back: a stick is pulled out, a share is not mounted yet. */
export function noDirectory(dir: string): Error {
	return problem(
		'source-unreachable',
		`cannot read the source ${dir}: it is not there`,
		'plug in or mount what holds the releases, then ask again',
		{
			retry: 'later',
			facts: { dir },
		},
	);
}

export function metadataRefused(where: string, path: string, why: string): Error {
	return problem(
		'source-refused',
		`cannot use ${path} of ${where}: ${why}`,
		'tell who publishes there, or read from another mirror',
		{
			facts: { where, path, why },
		},
	);
}
