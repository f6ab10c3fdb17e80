/** The published repository in a directory: no network at all. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { contentPath, manifestPathOf } from '../../model/publication/repository.ts';
import type { Sha256 } from '../../model/release/manifest.ts';
import { parseTag } from '../../model/release/tag.ts';
import type { ReleaseFile, Transport } from './transport.ts';

export function directoryTransport(published: string): Transport {
	return {
		url: published,
		publishWords: [],
		take: async () => undefined,
		async tamper(file, change) {
			const place = join(published, contentPath(await digestIn(published, file)));
			const bytes = readFileSync(place);
			writeFileSync(place, change(bytes.toString('utf8')));
			return async () => writeFileSync(place, bytes);
		},
		close: async () => undefined,
	};
}

/** Loads the parser on demand, so that no other command waits for it. */
async function digestIn(published: string, { tag, path }: ReleaseFile): Promise<Sha256> {
	const { parseReleaseManifest } = await import('../../model/release/release-manifest.ts');
	const parsed = parseTag(tag);
	const files =
		parsed === undefined
			? []
			: parseReleaseManifest(readFileSync(join(published, manifestPathOf(parsed)))).files;
	const entry = files.find((one) => one.path === path);
	if (entry?.kind === 'file') return entry.sha256;
	throw new Error(`${tag} of the demo has no file ${path}`);
}
