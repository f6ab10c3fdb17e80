/** Looks at a published repository as a box does, and at each release that it lists. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ChannelFile, parseChannelFile } from '../../model/channel-file.ts';
import { recordOf } from '../../model/error.ts';
import { MANIFEST_LIMITS, parseReleaseManifest, type ReleaseManifest } from '../../model/release-manifest.ts';
import { contentPath, manifestPathOf, meaningOf } from '../../model/repository.ts';
import type { Tag } from '../../model/tag.ts';
import { removeTree } from '../../system/files.ts';
import { openTuf, type Tuf } from '../../system/tuf.ts';
import { tufPolicy } from '../../trust/tuf-policy.ts';
import { fileAt } from '../repository/live.ts';
import { readPointer, readRoot, readTargets } from '../tuf-metadata.ts';
import type { Documents } from './documents.ts';

export interface RoleFinding {
	readonly role: string;
	readonly version: number;
	/** Milliseconds since 1970. */
	readonly expires: number;
}

export interface ReleaseFinding {
	readonly tag: Tag;
	readonly files: number;
	readonly bytes: number;
	/** A sentence each; none: a box could install it. */
	readonly faults: readonly string[];
}

export interface Findings {
	readonly roles: readonly RoleFinding[];
	readonly channels: ReadonlyMap<string, ChannelFile>;
	readonly releases: readonly ReleaseFinding[];
	/** What is wrong with no single release. */
	readonly faults: readonly string[];
}

/** `files`: `looked at` reads every byte of every release; `passed over` stops at the manifests. */
export type Depth = 'looked at' | 'passed over';

/**
 * Verifies from the pinned root down. Throws what a box would say where it could trust nothing at all (no root, an expired
 * timestamp, a missing signature); what is wrong with single releases stands in the findings.
 */
export async function verifyRepository(
	documents: Documents,
	pinnedRoot: Uint8Array,
	now: number,
	files: Depth,
	onProgress: (tag: Tag, percent: number) => void,
): Promise<Findings> {
	const state = mkdtempSync(join(tmpdir(), 'signalbox-verify-'));
	try {
		const tuf = openTuf(join(state, 'tuf'), pinnedRoot, { document: documents.document, now }, tufPolicy);
		try {
			return await findingsOf(tuf, documents, files, rolesIn(join(state, 'tuf')), onProgress);
		} finally {
			tuf.close();
		}
	} finally {
		removeTree(state);
	}
}

async function findingsOf(
	tuf: Tuf<Uint8Array>,
	documents: Documents,
	files: Depth,
	roles: () => readonly RoleFinding[],
	onProgress: (tag: Tag, percent: number) => void,
): Promise<Findings> {
	const channels = new Map<string, ChannelFile>();
	const releases: ReleaseFinding[] = [];
	const faults: string[] = [];
	const listed = await tuf.targets();
	for (const path of listed) {
		const meaning = meaningOf(path);
		if (meaning === undefined) faults.push(`${path}: is listed and nothing that a box looks for`);
		else if (meaning.kind === 'release') releases.push(await releaseAt(tuf, documents, files, meaning.tag, onProgress));
		else await tried(faults, path, async () => channels.set(meaning.channel, parseChannelFile(await tuf.target(path))));
	}
	for (const [channel, { tag }] of channels)
		if (!listed.includes(manifestPathOf(tag))) faults.push(`channel ${channel}: announces ${tag}, which is not listed`);
	return { roles: roles(), channels, releases, faults };
}

async function tried(faults: string[], what: string, act: () => Promise<unknown>): Promise<void> {
	try {
		await act();
	} catch (thrown) {
		faults.push(`${what}: ${recordOf(thrown).message}`);
	}
}

async function releaseAt(
	tuf: Tuf<Uint8Array>,
	documents: Documents,
	files: Depth,
	tag: Tag,
	onProgress: (tag: Tag, percent: number) => void,
): Promise<ReleaseFinding> {
	const faults: string[] = [];
	let manifest: ReleaseManifest | undefined;
	await tried(faults, 'manifest', async () => {
		const bytes = await tuf.target(manifestPathOf(tag));
		manifest = parseReleaseManifest(bytes);
		if (manifest.tag !== tag) faults.push(`manifest: is of ${manifest.tag}`);
		faults.push(...(await faultsOfCopy(documents, tag, bytes)));
	});
	const entries = (manifest?.files ?? []).flatMap((entry) => (entry.kind === 'file' ? [entry] : []));
	if (files === 'looked at')
		for (const [at, { path, sha256, size }] of entries.entries()) {
			await tried(faults, path, async () => {
				const found = await documents.digest(contentPath(sha256), size);
				if (found.kind === 'missing') faults.push(`${path}: ${contentPath(sha256)} is missing`);
				else if (found.sha256 !== sha256 || found.size !== size) faults.push(`${path}: ${contentPath(sha256)} holds other bytes`);
			});
			onProgress(tag, Math.floor((100 * (at + 1)) / entries.length));
		}
	return { tag, files: manifest?.files.length ?? 0, bytes: entries.reduce((sum, { size }) => sum + size, 0), faults };
}

/** The copy for those who verify detached signatures must be the same. */
async function faultsOfCopy(documents: Documents, tag: Tag, bytes: Uint8Array): Promise<readonly string[]> {
	const copy = await documents.document(manifestPathOf(tag), MANIFEST_LIMITS.bytes);
	if (copy === undefined) return [`${manifestPathOf(tag)}: is missing`];
	return Buffer.compare(copy, bytes) === 0 ? [] : [`${manifestPathOf(tag)}: is another one than the listed one`];
}

/** What the client has verified lies in its store. */
function rolesIn(store: string): () => readonly RoleFinding[] {
	const finding = (role: string, read: (bytes: Uint8Array) => { contents: { version: number; expires: number } }) => {
		const bytes = fileAt(join(store, `${role}.json`));
		return bytes === undefined ? [] : [{ role, version: read(bytes).contents.version, expires: read(bytes).contents.expires }];
	};
	return () => [
		...finding('root', readRoot),
		...finding('targets', readTargets),
		...finding('snapshot', (bytes) => readPointer('snapshot', bytes)),
		...finding('timestamp', (bytes) => readPointer('timestamp', bytes)),
	];
}
