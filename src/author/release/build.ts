/** Makes a release ready: its manifest, and every file by its digest. Deterministic: the same tree gives the same bytes. */
import { createHash } from 'node:crypto';
import { closeSync, existsSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { problem } from '../../model/error.ts';
import { comparePaths, type ManifestEntry, parseReleasePath, type Sha256 } from '../../model/manifest.ts';
import { type ReleaseManifest, writeReleaseManifest } from '../../model/release-manifest.ts';
import { contentPath } from '../../model/repository.ts';
import { type Tag, tagsOfVersion } from '../../model/tag.ts';
import { chance } from '../../system/clock.ts';
import { makeDirectory, removeTree } from '../../system/files.ts';
import { isJudgedByContents, JUDGED_MAX_BYTES, type Judgement, judgeRelease } from './judge.ts';
import { type AuthorTree, readWhole, type TreeFile } from './tree.ts';

export interface Declared {
	readonly product: string;
	/** Undefined: `v` and the version of info.json. */
	readonly tag: Tag | undefined;
	/** The one channel the release is for; null: boxes of every channel. */
	readonly channel: string | null;
	readonly hardware: readonly string[] | null;
}

export interface Built {
	readonly manifest: ReleaseManifest;
	/** The manifest as it is published and signed. */
	readonly bytes: Uint8Array;
	readonly warnings: readonly string[];
}

/** Where the bytes of files go: `keep` moves what was written, `isKept` saves it where it is there already. */
export interface ContentStore {
	/** A directory for half files, on the file system of the store. */
	readonly beside: string;
	keep(temporary: string, sha256: Sha256): void;
}

/**
 * Judges the tree, then hashes and keeps all its files. Throws `release-refused` with every fault before a byte is kept.
 * `onProgress` gets 0 to 100.
 */
export async function buildRelease(
	tree: AuthorTree,
	declared: Declared,
	store: ContentStore,
	onProgress: (percent: number, what: string) => void,
): Promise<Built> {
	const contents = await readWhole(tree, tree.files.filter(isJudgedByContents), JUDGED_MAX_BYTES);
	const judged = judgeRelease(declared.tag, tree.files, contents);
	const info = requireSound(tree, judged);
	const files = await keepFiles(tree, contents, store, onProgress);
	const { product, channel, hardware } = declared;
	const tag = declared.tag ?? tagsOfVersion(info.version)[0];
	const manifest = {
		product,
		tag,
		version: info.version,
		requires: info.requires,
		channel,
		hardware,
		terms: judged.terms,
		hooks: judged.hooks,
		archive: null,
		files,
	};
	const lost = tree.lost.map((path) => `${path}: is an empty directory, and will not be in the release`);
	return { manifest, bytes: writeReleaseManifest(manifest), warnings: [...judged.warnings, ...lost] };
}

function requireSound(tree: AuthorTree, { faults, info }: Judgement) {
	if (faults.length === 0 && info !== undefined) return info;
	const count = faults.length === 1 ? 'one thing' : `${faults.length} things`;
	throw problem(
		'release-refused',
		`cannot build ${tree.name}: no box would take it, for ${count}`,
		'mend all of them, commit and tag anew, and build again',
		{
			facts: { faults },
		},
	);
}

async function keepFiles(
	tree: AuthorTree,
	contents: ReadonlyMap<string, Buffer>,
	store: ContentStore,
	onProgress: (percent: number, what: string) => void,
): Promise<readonly ManifestEntry[]> {
	const entries: ManifestEntry[] = tree.files.flatMap((file) => linkOf(file, contents));
	const files = tree.files.filter(({ kind }) => kind === 'file');
	const total = files.reduce((sum, { size }) => sum + size, 0);
	let done = 0;
	await tree.read(files, async (file, chunks) => {
		const { sha256, size } = await keepFile(store, chunks);
		const path = parseReleasePath(file.path);
		if (path !== undefined) entries.push({ kind: 'file', path, mode: file.mode, size, sha256 });
		done += file.size;
		onProgress(total === 0 ? 100 : Math.floor((100 * done) / total), file.path);
	});
	return entries.sort((a, b) => comparePaths(a.path, b.path));
}

function linkOf({ path, kind }: TreeFile, contents: ReadonlyMap<string, Buffer>): readonly ManifestEntry[] {
	const place = parseReleasePath(path);
	return kind === 'link' && place !== undefined ? [{ kind: 'link', path: place, target: contents.get(path)?.toString('utf8') ?? '' }] : [];
}

async function keepFile(store: ContentStore, chunks: AsyncIterable<Buffer>): Promise<{ readonly sha256: Sha256; readonly size: number }> {
	const temporary = join(store.beside, `.${chance(24)}.tmp`);
	const hash = createHash('sha256');
	const fd = openSync(temporary, 'wx', 0o644);
	let size = 0;
	try {
		for await (const chunk of chunks) {
			hash.update(chunk);
			size += chunk.length;
			for (let written = 0; written < chunk.length; ) written += writeSync(fd, chunk, written);
		}
	} finally {
		closeSync(fd);
	}
	const sha256 = hash.digest('hex') as Sha256;
	store.keep(temporary, sha256);
	return { sha256, size };
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
