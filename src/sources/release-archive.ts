/**
 * Reads a release's archive entry by entry through an unprivileged child, and compares it with the manifest.
 */

import { problem } from '../model/base/error.ts';
import { archiveLimits, type ReleaseArchive } from '../model/publication/archive.ts';
import { describeEntry, type ManifestEntry } from '../model/release/manifest.ts';
import type { ReleaseManifest } from '../model/release/release-manifest.ts';
import { type OnArchiveEntry, type OpenArchive, readArchive } from '../system/fetcher/archive-process.ts';
import { programPath } from '../system/process/program.ts';
import type { Account } from '../system/process/sandbox.ts';

/** Like readArchive, with the child already chosen. */
export type ReadArchive = (archive: OpenArchive, onEntry: OnArchiveEntry) => Promise<void>;

export type FileEntry = ManifestEntry & { readonly kind: 'file' };

/** Must read `pieces` to the end. Returns whether they match the manifest. */
export type OnFile = (file: FileEntry, pieces: AsyncIterable<Buffer>) => Promise<'taken' | 'other bytes'>;

/** Milliseconds allowed for any archive, and the bytes per millisecond of a slow disk. */
const PATIENCE = 10 * 60_000;
const SLOWEST = 256;

/**
 * Returns a reader of archives whose child runs as this account; undefined: as the caller. No other user may
 * be able to write to `state`.
 */
export function archiveReader(state: string, account: () => Account | undefined): ReadArchive {
	const program = programPath('unpacker');
	return async (archive, onEntry) =>
		await readArchive({ ...archive, program, state, account: account() }, onEntry);
}

/**
 * Reads a release's archive, whose descriptor is at the beginning and whose digest is verified. It must
 * contain exactly the files and links that the manifest lists; directories are ignored. Throws
 * `content-mismatch` with the first entry that differs, and what readArchive throws. An error can occur after
 * files were passed on, so the caller must remove them.
 */
export async function readReleaseArchive(
	read: ReadArchive,
	fd: number,
	{ packing }: ReleaseArchive,
	release: ReleaseManifest,
	onFile: OnFile,
): Promise<void> {
	const limits = archiveLimits(release.files);
	const waiting = new Map<string, ManifestEntry>(release.files.map((entry) => [entry.path, entry]));
	await read({ fd, packing, limits, timeout: PATIENCE + limits.bytes / SLOWEST }, async (entry, pieces) => {
		if (entry.kind === 'directory') return;
		const listed = waiting.get(entry.path);
		if (listed === undefined || headOf(listed) !== describeEntry(entry))
			throw differs(release, wordsOf(listed), describeEntry(entry));
		waiting.delete(entry.path);
		if (listed.kind === 'link') return;
		if ((await onFile(listed, pieces)) === 'other bytes')
			throw differs(release, describeEntry(listed), 'other bytes');
	});
	const [missing] = waiting.values();
	if (missing !== undefined) throw differs(release, describeEntry(missing), 'nothing of that name');
}

/** The header of an archive entry, which has no digest. */
function headOf(entry: ManifestEntry): string {
	if (entry.kind === 'link') return describeEntry(entry);
	const { sha256: _, ...head } = entry;
	return describeEntry(head);
}

function wordsOf(listed: ManifestEntry | undefined): string {
	return listed === undefined ? 'nothing of that name' : describeEntry(listed);
}

/**
 * Archive and manifest are both signed, so only the author can repair this; it is not retried automatically.
 */
function differs({ tag }: ReleaseManifest, expected: string, found: string): Error {
	return problem(
		'content-mismatch',
		`cannot take ${tag}: its archive is not what its manifest lists: ${expected} was expected, ${found} was found`.slice(
			0,
			1000,
		),
		'tell its author: the archive was signed with a manifest that is not its own, and only a new release mends that',
		{ facts: { tag, expected, found } },
	);
}
