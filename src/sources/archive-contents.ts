/**
 * Downloads a release that is published as an archive: verifies the archive as a whole, then unpacks it into
 * the store file by file.
 */
import { closeSync } from 'node:fs';
import { recordOf } from '../model/base/error.ts';
import { ERRORS } from '../model/base/error-codes.ts';
import type { ReleaseArchive } from '../model/publication/archive.ts';
import type { ReleaseManifest } from '../model/release/release-manifest.ts';
import type { ContentStore, Transfer } from '../system/files/content-store.ts';
import { type ReadArchive, readReleaseArchive } from './release-archive.ts';
import type { OnProgress } from './source.ts';

export interface ArchiveWorld {
	readonly store: ContentStore;
	readonly transfer: Transfer;
	readonly readArchive: ReadArchive;
}

/**
 * Stores all files of the release; the caller settles them. After an error none of them is left; the archive
 * is kept for the next attempt unless the archive itself is wrong. Throws `content-mismatch`,
 * `archive-refused`, and what `transfer` throws.
 */
export async function downloadArchive(
	{ store, transfer, readArchive }: ArchiveWorld,
	release: ReleaseManifest,
	archive: ReleaseArchive,
	onProgress: OnProgress,
): Promise<void> {
	const unpacked = release.files.reduce((sum, entry) => sum + (entry.kind === 'file' ? entry.size : 0), 0);
	const tell = (bytes: number) =>
		onProgress({
			percent: Math.floor((100 * bytes) / (archive.size + unpacked)),
			bytes: Math.min(bytes, archive.size),
		});
	const fd = await store.borrow(archive, transfer, tell);
	let done = archive.size;
	try {
		await readReleaseArchive(readArchive, fd, archive, release, async (file, pieces) => {
			const end = await store.pour(file, pieces);
			done += file.size;
			tell(done);
			return end;
		});
	} catch (thrown) {
		store.abandon();
		if (ERRORS[recordOf(thrown).code].scope === 'archive') store.drop(archive);
		throw thrown;
	} finally {
		closeSync(fd);
	}
}
