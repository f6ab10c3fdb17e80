/**
 * Checks a release's archive as a box does: size and digest first, then the content in a child process
 * without privileges.
 */
import { createHash } from 'node:crypto';
import { closeSync, mkdtempSync, openSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ReleaseArchive } from '../../model/publication/archive.ts';
import { contentPath } from '../../model/publication/repository.ts';
import type { ReleaseManifest } from '../../model/release/release-manifest.ts';
import { archiveReader, type OnFile, readReleaseArchive } from '../../sources/release-archive.ts';
import { randomHex } from '../../system/clock.ts';
import { fetcherAccount } from '../../system/fetcher/account.ts';
import { removeTree } from '../../system/files/directories.ts';
import { writeAll } from '../../system/files/write-all.ts';
import type { Metadata } from './documents.ts';

/** systemd's range of uids for transient users, without the last few. */
const TRANSIENT_UIDS = { first: 61_184, count: 4096 };

/**
 * Returns what is wrong with the published archive, or undefined. Throws a box's errors for its content:
 * `archive-refused`, `content-mismatch`.
 */
export async function faultOfArchive(
	documents: Metadata,
	release: ReleaseManifest,
	archive: ReleaseArchive,
): Promise<string | undefined> {
	const state = mkdtempSync(join(tmpdir(), 'signalbox-verify-'));
	try {
		const copy = join(state, 'archive');
		const fault = await copied(documents, archive, copy);
		if (fault === undefined) await readThrough(state, copy, archive, release);
		return fault;
	} finally {
		removeTree(state);
	}
}

async function copied(
	documents: Metadata,
	{ sha256, size }: ReleaseArchive,
	to: string,
): Promise<string | undefined> {
	const path = contentPath(sha256);
	const fd = openSync(to, 'wx', 0o600);
	try {
		const found = await documents.digest(path, size, (piece) => writeAll(fd, piece));
		if (found.kind === 'missing') return `${path} is missing`;
		return found.sha256 === sha256 && found.size === size ? undefined : `${path} holds other bytes`;
	} finally {
		closeSync(fd);
	}
}

async function readThrough(
	state: string,
	path: string,
	archive: ReleaseArchive,
	release: ReleaseManifest,
): Promise<void> {
	const fd = openSync(path, 'r');
	try {
		await readReleaseArchive(
			archiveReader(state, () => fetcherAccount(transientUid())),
			fd,
			archive,
			release,
			compare,
		);
	} finally {
		closeSync(fd);
	}
}

/**
 * As root, the child gets a random transient uid, so that other users' processes can neither reach it nor
 * count towards its limits.
 */
function transientUid(): number {
	return TRANSIENT_UIDS.first + (Number.parseInt(randomHex(4), 16) % TRANSIENT_UIDS.count);
}

const compare: OnFile = async ({ sha256 }, pieces) => {
	const hash = createHash('sha256');
	for await (const piece of pieces) hash.update(piece);
	return hash.digest('hex') === sha256 ? 'taken' : 'other bytes';
};
