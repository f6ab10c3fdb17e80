/** Reads the terms of a release, `scripts/update/.release.json`. */
import { join } from 'node:path';
import { DEFAULT_TERMS, type ReleaseTerms } from '../../../model/release/terms.ts';
import { parseReleaseTerms, RELEASE_TERMS_MAX_BYTES, termsError } from '../../../model/release/terms-file.ts';
import { readSmall } from '../../../system/files/read-file.ts';

/**
 * Returns the terms in `scripts`, or the defaults without the file. Throws `terms-unreadable`. Trust:
 * `scripts` lies in a verified tree.
 */
export function readTerms(scripts: string): ReleaseTerms {
	const read = readSmall(join(scripts, '.release.json'), RELEASE_TERMS_MAX_BYTES);
	switch (read.kind) {
		case 'file':
			return parseReleaseTerms(read.bytes);
		case 'missing':
			return DEFAULT_TERMS;
		case 'irregular':
			throw termsError([`it is ${read.why}`]);
		case 'too-large':
			throw termsError([`it holds ${read.size} bytes`]);
	}
}
