/**
 * Verifies a published repository and every release in it as a box with a pinned root does (trust.mode
 * "tuf").
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ChannelFile, parseChannelFile } from '../../model/publication/channel-file.ts';
import { manifestPathOf, parseTargetPath } from '../../model/publication/repository.ts';
import { parseReleaseManifest } from '../../model/release/release-manifest.ts';
import { removeTree } from '../../system/files/directories.ts';
import { openTuf, type Tuf } from '../../system/tuf/client.ts';
import { tufPolicy } from '../../trust/tuf/policy.ts';
import { fileAt } from '../repository/live.ts';
import { readPointer, readRoot, readTargets } from '../tuf-metadata.ts';
import type { Metadata } from './documents.ts';
import {
	type Findings,
	type Look,
	lookAtRelease,
	type ReleaseFinding,
	type RoleFinding,
	tried,
} from './findings.ts';

/**
 * Verifies from the pinned root down. Throws a box's error if nothing can be trusted (no root, an expired
 * timestamp, a missing signature); problems of single releases are findings.
 */
export async function verifyRepository(
	documents: Metadata,
	pinnedRoot: Uint8Array,
	now: number,
	look: Look,
): Promise<Findings> {
	const state = mkdtempSync(join(tmpdir(), 'signalbox-verify-'));
	try {
		const tuf = openTuf(join(state, 'tuf'), pinnedRoot, { document: documents.document, now }, tufPolicy);
		try {
			const found = await lookAround(tuf, documents, look);
			return { ...found, roles: rolesIn(join(state, 'tuf')) };
		} finally {
			tuf.close();
		}
	} finally {
		removeTree(state);
	}
}

async function lookAround(
	tuf: Tuf<Uint8Array>,
	documents: Metadata,
	look: Look,
): Promise<Omit<Findings, 'roles'>> {
	const channels = new Map<string, ChannelFile>();
	const releases: ReleaseFinding[] = [];
	const faults: string[] = [];
	const listed = await tuf.targets();
	for (const path of listed) {
		const meaning = parseTargetPath(path);
		if (meaning === undefined) faults.push(`${path}: is listed and nothing that a box looks for`);
		else if (meaning.kind === 'channel')
			await tried(faults, path, async () =>
				channels.set(meaning.channel, parseChannelFile(await tuf.target(path))),
			);
		else releases.push(await lookAtRelease(documents, meaning.tag, look, () => signedManifest(tuf, path)));
	}
	for (const [channel, { tag }] of channels)
		if (!listed.includes(manifestPathOf(tag)))
			faults.push(`channel ${channel}: announces ${tag}, which is not listed`);
	return { channels, releases, faults };
}

async function signedManifest(tuf: Tuf<Uint8Array>, path: string) {
	const bytes = await tuf.target(path);
	return { bytes, manifest: parseReleaseManifest(bytes) };
}

/** Returns the roles that the client verified and stored. */
function rolesIn(store: string): readonly RoleFinding[] {
	const finding = (
		role: string,
		read: (bytes: Uint8Array) => { contents: { version: number; expires: number } },
	) => {
		const bytes = fileAt(join(store, `${role}.json`));
		return bytes === undefined
			? []
			: [{ role, version: read(bytes).contents.version, expires: read(bytes).contents.expires }];
	};
	return [
		...finding('root', readRoot),
		...finding('targets', readTargets),
		...finding('snapshot', (bytes) => readPointer('snapshot', bytes)),
		...finding('timestamp', (bytes) => readPointer('timestamp', bytes)),
	];
}
