/** The archive of a release, read entry by entry by a child without rights and held against the manifest. */

import { problem } from '../model/base/error.ts';
import { archiveLimits, type ReleaseArchive } from '../model/publication/archive.ts';
import { describeEntry, type ManifestEntry } from '../model/release/manifest.ts';
import type { ReleaseManifest } from '../model/release/release-manifest.ts';
import { type OnArchiveEntry, type OpenArchive, readArchive } from '../system/fetcher/archive-process.ts';
import { programPath } from '../system/process/program.ts';
import type { Account } from '../system/process/sandbox.ts';

/** As readArchive, with a child that somebody chose. */
export type ReadArchive = (archive: OpenArchive, onEntry: OnArchiveEntry) => Promise<void>;

export type FileEntry = ManifestEntry & { readonly kind: 'file' };

/** Must read `pieces` to their end. Returns whether they are the bytes that the manifest lists. */
export type OnFile = (file: FileEntry, pieces: AsyncIterable<Buffer>) => Promise<'taken' | 'other bytes'>;

/** Milliseconds for any archive, and bytes a millisecond that a slow disk takes. */
const PATIENCE = 10 * 60_000;
const SLOWEST = 256;

/**
 * Returns what reads archives with a child of this account's; undefined: of whoever runs us. `state` must be
 * nobody else's.
 */
export function archiveReader(state: string, account: () => Account | undefined): ReadArchive {
	const program = programPath('unpacker');
	return async (archive, onEntry) =>
		await readArchive({ ...archive, program, state, account: account() }, onEntry);
}

/**
 * Reads the archive of a release, open at its beginning and measured before. It holds all files and links
 * that the manifest lists, as listed, and no other; directories say nothing. Throws `content-mismatch`, which
 * names the first entry that differs, and what readArchive throws: also after files were handed on, so what
 * was made of them must go.
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

/** What an archive says of an entry before its bytes come. */
function headOf(entry: ManifestEntry): string {
	if (entry.kind === 'link') return describeEntry(entry);
	const { sha256: _, ...head } = entry;
	return describeEntry(head);
}

function wordsOf(listed: ManifestEntry | undefined): string {
	return listed === undefined ? 'nothing of that name' : describeEntry(listed);
}

/** Both were signed, so nobody but their author can mend it: it is not tried again by itself. */
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
