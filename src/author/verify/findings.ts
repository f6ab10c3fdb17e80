/** What a look at a published repository found. */
import type { ChannelFile } from '../../model/channel-file.ts';
import { recordOf } from '../../model/error.ts';
import { MANIFEST_LIMITS, type ReleaseManifest } from '../../model/release-manifest.ts';
import { contentPath, manifestPathOf } from '../../model/repository.ts';
import type { Tag } from '../../model/tag.ts';
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

/** How far is looked, and who is told how far it has come. */
export interface Look {
	/** `looked at`: every byte of every release is read; `passed over`: the manifests are the end. */
	readonly files: 'looked at' | 'passed over';
	readonly onProgress: (tag: Tag, percent: number) => void;
}

/** Notes what `act` throws as a fault. */
export async function tried(faults: string[], what: string, act: () => Promise<unknown>): Promise<void> {
	try {
		await act();
	} catch (thrown) {
		faults.push(`${what}: ${recordOf(thrown).message}`);
	}
}

/** Looks at one release. `manifestOf` returns what was signed, and its manifest; what it throws is a fault of the release. */
export async function lookAtRelease(
	documents: Documents,
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
	const entries = (manifest?.files ?? []).flatMap((entry) => (entry.kind === 'file' ? [entry] : []));
	for (const [at, { path, sha256, size }] of files === 'looked at' ? entries.entries() : []) {
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
