/**
 * The metadata of a published repository: TUF metadata, manifests, signatures (decision 0015). It is served
 * by a web server, a directory or a branch of a git repository; the transport is not trusted.
 */
import { problem } from '../model/base/error.ts';
import { readInside } from '../system/files/inside.ts';

/** Untrusted bytes, by their path in the published repository. */
export interface Metadata {
	/**
	 * Returns the bytes, or undefined if the file does not exist. Throws the `source-…` codes, with
	 * `source-refused` for more than `limit` bytes.
	 */
	read(path: string, limit: number): Promise<Uint8Array | undefined>;
}

/**
 * Returns the metadata in a directory: a mounted USB stick, a share, a mirror. Links that lead outside are
 * refused.
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

/** The directory may return: a stick may be unplugged, or a share not mounted yet. */
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
