/**
 * Compares the tree on disk with the signed manifest, entry by entry: none missing, none different, none
 * added.
 */
import { problem } from '../model/base/error.ts';
import { describeEntry, type Manifest, type ManifestEntry } from '../model/release/manifest.ts';
import type { ReleaseManifest } from '../model/release/release-manifest.ts';
import type { Verified } from './verified.ts';

/**
 * Returns the written tree as verified. Throws `content-mismatch`, naming the first entry that differs, the
 * expected value and the actual one.
 */
export function matchTree(found: Manifest, release: Verified<ReleaseManifest>): Verified<Manifest> {
	const length = Math.max(found.entries.length, release.files.length);
	for (let index = 0; index < length; index += 1) {
		const [expected, actual] = [release.files[index], found.entries[index]].map(described);
		if (expected !== actual) throw differs(release, expected, actual);
	}
	return found as Verified<Manifest>;
}

function described(entry: ManifestEntry | undefined): string {
	return entry === undefined ? 'nothing more' : describeEntry(entry);
}

function differs({ tag }: ReleaseManifest, expected = '', found = ''): Error {
	return problem(
		'content-mismatch',
		`cannot take ${tag}: it is not what was signed: ${expected} was expected, ${found} was found`.slice(
			0,
			1000,
		),
		'try again; if the error persists, the source or its mirror is damaged or forged: report it to the publisher',
		{ retry: 'later', facts: { tag, expected, found } },
	);
}
