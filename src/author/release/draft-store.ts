/** Where the bytes of a release lie until it is published: in the draft, by their digest. */
import { createHash } from 'node:crypto';
import { closeSync, existsSync, openSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { contentPath } from '../../model/publication/repository.ts';
import type { Sha256 } from '../../model/release/manifest.ts';
import { randomHex } from '../../system/clock.ts';
import { makeDirectory, removeTree } from '../../system/files/directories.ts';
import { writeAll } from '../../system/files/write-all.ts';

/** Where the bytes of files go: `keep` moves what was written there, or removes it where it is there already. */
export interface ContentStore {
	/** A directory for half files, on the file system of the store. */
	readonly beside: string;
	keep(temporary: string, sha256: Sha256): void;
}

/** Returns the store of a draft: what `published` has already is not kept a second time. */
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

/** Writes what comes and keeps it. Returns what it is called then. */
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
