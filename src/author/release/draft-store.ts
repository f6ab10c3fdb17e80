/** Keeps the files of an unpublished release in the draft, named by digest. */
import { createHash } from 'node:crypto';
import { closeSync, existsSync, openSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { contentPath } from '../../model/publication/repository.ts';
import type { Sha256 } from '../../model/release/manifest.ts';
import { randomHex } from '../../system/clock.ts';
import { makeDirectory, removeTree } from '../../system/files/directories.ts';
import { writeAll } from '../../system/files/write-all.ts';

/**
 * A store of files by digest. `keep` moves the written file into it, or removes it if the store already has
 * it.
 */
export interface ContentStore {
	/** A directory for incomplete files, on the store's file system. */
	readonly beside: string;
	keep(temporary: string, sha256: Sha256): void;
}

/** Returns the store of a draft. Files that `published` already has are not stored again. */
export function draftStore(draft: string, published: string): ContentStore {
	const beside = join(draft, 'files');
	makeDirectory(beside, 0o755);
	return {
		beside,
		keep(temporary, sha256) {
			const to = join(draft, contentPath(sha256));
			if (existsSync(join(published, contentPath(sha256))) || existsSync(to)) return removeTree(temporary);
			makeDirectory(dirname(to), 0o755);
			renameSync(temporary, to);
		},
	};
}

/** Writes the chunks into the store. Returns their digest and size. */
export async function keepFile(
	store: ContentStore,
	chunks: AsyncIterable<Buffer>,
): Promise<{ readonly sha256: Sha256; readonly size: number }> {
	const temporary = join(store.beside, `.${randomHex(24)}.tmp`);
	const hash = createHash('sha256');
	const fd = openSync(temporary, 'wx', 0o644);
	let size = 0;
	try {
		for await (const chunk of chunks) {
			hash.update(chunk);
			size += chunk.length;
			writeAll(fd, chunk);
		}
	} finally {
		closeSync(fd);
	}
	const sha256 = hash.digest('hex') as Sha256;
	store.keep(temporary, sha256);
	return { sha256, size };
}
