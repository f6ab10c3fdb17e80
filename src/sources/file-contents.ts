/**
 * File contents in the layout of a published repository, `files/<aa>/<sha256>`, downloaded into a root-only
 * store.
 */
import type { ManifestEntry } from '../model/release/manifest.ts';
import type { ReleaseManifest } from '../model/release/release-manifest.ts';
import type { ContentStore, StoredFile, Transfer } from '../system/files/content-store.ts';
import { downloadArchive } from './archive-contents.ts';
import { type Contents, entriesOf, missingContent, type PendingFile } from './contents.ts';
import type { ReadArchive } from './release-archive.ts';
import type { OnProgress, SourceEntry } from './source.ts';

/** How many files are transferred at once: small files cost a round trip each. */
const AT_ONCE = 8;

export interface FileWorld {
	readonly store: ContentStore;
	readonly transfer: Transfer;
	readonly readArchive: ReadArchive;
	/** Milliseconds since 1970. */
	now(): number;
	/** Called before a transfer with the files it will write. Throwing prevents the transfer. */
	beforeTransfer(files: readonly PendingFile[]): Promise<void>;
}

/** Returns the contents of releases, downloaded through `transfer` file by file or as an archive. */
export function fileContents(world: FileWorld): Contents {
	const { store, transfer, now, beforeTransfer } = world;

	/** Files that the store lacks, and the archive that contains them. */
	function pending(release: ReleaseManifest): readonly PendingFile[] {
		const files = store.missing(filesOf(release));
		const archive = files.length === 0 || release.archive === null ? [] : [release.archive];
		return [...archive, ...files].map((file) => ({
			path: `${file.sha256.slice(0, 2)}/${file.sha256}`,
			size: store.lacking(file),
		}));
	}

	return {
		pending: async (release) => pending(release),
		async download(release, onProgress) {
			const files = store.missing(filesOf(release));
			if (files.length > 0) {
				await beforeTransfer(pending(release));
				if (release.archive === null) await transferAll(world, files, onProgress);
				else await downloadArchive(world, release, release.archive, onProgress);
				await store.settle();
			}
			if (release.archive !== null) store.drop(release.archive);
		},
		async small(release, path, limit) {
			const file = release.files.find((entry) => entry.path === path);
			if (file?.kind !== 'file' || file.size > limit) throw missingContent(release, path);
			if (store.missing([file]).length > 0) {
				await store.take(file, transfer);
				await store.settle();
			}
			return await wholeOf(store.read(file));
		},
		async read(release, onEntry) {
			const told = entriesOf(release);
			for (const [index, entry] of release.files.entries())
				await onEntry(told[index] as SourceEntry, bytesOf(store, entry));
		},
		prune: async (_isWanted, known) => store.keepOnly(known.flatMap(filesOf), now()),
	};
}

function filesOf(release: ReleaseManifest): readonly (ManifestEntry & { readonly kind: 'file' })[] {
	return release.files.flatMap((entry) => (entry.kind === 'file' ? [entry] : []));
}

async function* bytesOf(store: ContentStore, entry: ManifestEntry): AsyncGenerator<Buffer> {
	if (entry.kind === 'link') yield Buffer.from(entry.target);
	else yield* store.read(entry);
}

async function wholeOf(pieces: AsyncIterable<Buffer>): Promise<Uint8Array> {
	const all: Buffer[] = [];
	for await (const piece of pieces) all.push(piece);
	return Buffer.concat(all);
}

async function transferAll(
	{ store, transfer }: FileWorld,
	files: readonly StoredFile[],
	onProgress: OnProgress,
): Promise<void> {
	const bytes = files.reduce((sum, file) => sum + file.size, 0);
	const came = new Map<StoredFile, number>();
	let done = 0;
	const note = (file: StoredFile, here: number) => {
		done += here - (came.get(file) ?? 0);
		came.set(file, here);
		onProgress({ percent: Math.floor((100 * done) / Math.max(1, bytes)), bytes: done });
	};
	await eachOf(files, async (file) => {
		await store.take(file, transfer, (here) => note(file, here));
		note(file, file.size);
	});
}

/** Runs `act` on a few items at once. The first failure stops the rest and is thrown. */
async function eachOf<T>(all: readonly T[], act: (one: T) => Promise<void>): Promise<void> {
	const waiting = [...all];
	let failed = false;
	const work = async () => {
		for (let one = waiting.shift(); one !== undefined && !failed; one = waiting.shift()) {
			try {
				await act(one);
			} catch (thrown) {
				failed = true;
				throw thrown;
			}
		}
	};
	const ends = await Promise.allSettled(Array.from({ length: AT_ONCE }, work));
	for (const end of ends) if (end.status === 'rejected') throw end.reason;
}
