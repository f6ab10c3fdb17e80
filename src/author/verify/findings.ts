/** Findings of the verification of a published repository. */

import { recordOf } from '../../model/base/error.ts';
import type { ChannelFile } from '../../model/publication/channel-file.ts';
import {
	contentPath,
	manifestPathOf,
	type PublishedFile,
	publishedFiles,
} from '../../model/publication/repository.ts';
import { MANIFEST_LIMITS, type ReleaseManifest } from '../../model/release/release-manifest.ts';
import type { Tag } from '../../model/release/tag.ts';
import type { Metadata } from './documents.ts';
import { faultOfArchive } from './look-at-archive.ts';

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
	/** One sentence per problem; empty if a box could install the release. */
	readonly faults: readonly string[];
}

export interface Findings {
	readonly roles: readonly RoleFinding[];
	readonly channels: ReadonlyMap<string, ChannelFile>;
	readonly releases: readonly ReleaseFinding[];
	/** Problems that belong to no single release. */
	readonly faults: readonly string[];
}

/** How deep to verify, and where to report progress. */
export interface Look {
	/** `read`: verifies every byte of every release. `skipped`: stops after the manifests. */
	readonly files: 'read' | 'skipped';
	readonly onProgress: (tag: Tag, percent: number) => void;
}

/** Records an error that `act` throws as a fault. */
export async function tried(faults: string[], what: string, act: () => Promise<unknown>): Promise<void> {
	try {
		await act();
	} catch (thrown) {
		faults.push(`${what}: ${recordOf(thrown).message}`);
	}
}

/**
 * Verifies one release. `manifestOf` returns the signed bytes and the manifest; its errors are faults of the
 * release.
 */
export async function lookAtRelease(
	documents: Metadata,
	tag: Tag,
	{ files, onProgress }: Look,
	manifestOf: () => Promise<{ readonly bytes: Uint8Array; readonly manifest: ReleaseManifest }>,
): Promise<ReleaseFinding> {
	const faults: string[] = [];
	let manifest: ReleaseManifest | undefined;
	await tried(faults, 'manifest', async () => {
		const found = await manifestOf();
		manifest = found.manifest;
		if (manifest.tag !== tag) faults.push(`manifest: is of ${manifest.tag}`);
		faults.push(...(await faultsOfCopy(documents, tag, found.bytes)));
	});
	if (manifest !== undefined && files === 'read')
		await lookAtFiles(documents, manifest, faults, (percent) => onProgress(tag, percent));
	return { tag, files: manifest?.files.length ?? 0, bytes: bytesOf(manifest), faults };
}

async function lookAtFiles(
	documents: Metadata,
	manifest: ReleaseManifest,
	faults: string[],
	onProgress: (percent: number) => void,
): Promise<void> {
	const { archive } = manifest;
	const published = publishedFiles(manifest);
	for (const [at, one] of published.entries()) {
		await tried(faults, one.name, async () => {
			const isArchive = archive?.sha256 === one.sha256;
			const fault = isArchive
				? await faultOfArchive(documents, manifest, archive)
				: await faultOfFile(documents, one);
			if (fault !== undefined) faults.push(`${one.name}: ${fault}`);
		});
		onProgress(Math.floor((100 * (at + 1)) / published.length));
	}
}

async function faultOfFile(
	documents: Metadata,
	{ sha256, size }: PublishedFile,
): Promise<string | undefined> {
	const found = await documents.digest(contentPath(sha256), size);
	if (found.kind === 'missing') return `${contentPath(sha256)} is missing`;
	return found.sha256 === sha256 && found.size === size
		? undefined
		: `${contentPath(sha256)} holds other bytes`;
}

function bytesOf(manifest: ReleaseManifest | undefined): number {
	return (manifest?.files ?? []).reduce((sum, entry) => sum + (entry.kind === 'file' ? entry.size : 0), 0);
}

/** The copy for boxes that check detached signatures must be identical. */
async function faultsOfCopy(documents: Metadata, tag: Tag, bytes: Uint8Array): Promise<readonly string[]> {
	const copy = await documents.document(manifestPathOf(tag), MANIFEST_LIMITS.bytes);
	if (copy === undefined) return [`${manifestPathOf(tag)}: is missing`];
	return Buffer.compare(copy, bytes) === 0
		? []
		: [`${manifestPathOf(tag)}: is another one than the listed one`];
}
